import type { Page } from "playwright-core";

/** Holds the answers of these pages back until all of them have given one, and lets them go at the same instant. */
export async function together(pages: readonly Page[]): Promise<void> {
  let waiting: (() => void)[] = [];
  for (const page of pages) {
    await page.route("**/commands", async (route) => {
      if (route.request().postDataJSON().method === "input.respond") {
        await new Promise<void>((release) => {
          waiting.push(release);
          if (waiting.length < pages.length) return;
          for (const one of waiting) one();
          waiting = [];
        });
      }
      await route.continue();
    });
  }
}
