import type { Browser } from "playwright-core";
import { expect } from "vitest";
import { type AskedQuestion, createAsker } from "./asker.ts";
import { visit } from "./browser.ts";
import { onPage } from "./chat-page.ts";
import { temporaryDirectory } from "./serve.ts";
import { serveAppOver } from "./serve-app.ts";

/** The app over a graph that asks this, with a person who has made it ask. */
export async function askInApp(
  browser: Browser,
  questions: AskedQuestion[],
  options: Parameters<typeof visit>[1] = {},
) {
  const directory = await temporaryDirectory();
  const site = await serveAppOver(directory.path, { asker: createAsker(questions, " (that was all)") });
  const visitor = await visit(browser, { name: "Ana", ...options });
  const { page } = visitor;
  await page.goto(site.url);
  await onPage(page).ask("go on");
  await page.locator("[data-interrupt]").first().waitFor();
  // They come one after the other.
  if (questions.length > 1) await page.getByText(`${questions.length} questions are open`).waitFor();
  // Its code is fetched when it is first shown.
  await expect.poll(() => page.getByText("A question is open …").count()).toBe(0);
  return {
    ...visitor,
    site,
    card: (name: string) => page.getByRole("region", { name, exact: true }),
    /** What the graph was told, once it has been told everything. */
    async told(): Promise<string> {
      const last = page.getByText("(that was all)");
      await last.waitFor();
      return (await last.innerText()).replace(" (that was all)", "");
    },
    async [Symbol.asyncDispose]() {
      await visitor[Symbol.asyncDispose]();
      await site[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}
