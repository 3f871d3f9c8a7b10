import type { Page } from "playwright-core";
import { expect } from "vitest";

export interface Shown {
  messages: string[];
  questions: string[];
  queued: number;
  state: "running" | "still";
  error: string;
}

/** A page of `test/e2e/pages`, in the words of someone who uses it. */
export function onSite(page: Page) {
  const list = (name: string) =>
    page.getByRole("list", { name, exact: true }).getByRole("listitem").allInnerTexts();
  const text = (name: string) => page.getByRole("status", { name, exact: true }).innerText();
  const read = {
    messages: () => page.getByRole("list", { name: "messages" }).getByRole("listitem").allTextContents(),
    questions: () => list("questions"),
    queued: async () => (await list("queued")).length,
    state: () => text("state"),
    error: () => text("error"),
  };
  return {
    page,
    messages: read.messages,
    error: read.error,
    values: async () => JSON.parse(await text("values")) as Record<string, unknown>,
    /** Types, then presses. */
    async act(button: string, say = "", answer?: unknown): Promise<void> {
      await page.getByRole("textbox", { name: "say" }).fill(say);
      await page
        .getByRole("textbox", { name: "answer" })
        .fill(answer === undefined ? "" : JSON.stringify(answer));
      await page.getByRole("button", { name: button, exact: true }).click();
    },
    /** Waits until the page shows this. */
    async shows(wanted: Partial<Shown>): Promise<void> {
      const keys = Object.keys(wanted) as (keyof Shown)[];
      const now = async () =>
        Object.fromEntries(await Promise.all(keys.map(async (key) => [key, await read[key]()])));
      await expect.poll(now, { timeout: 20_000, interval: 30 }).toEqual(wanted);
    },
  };
}
