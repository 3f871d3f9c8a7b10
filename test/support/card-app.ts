import type { BrowserContextOptions } from "playwright-core";
import { expect } from "vitest";
import { visit } from "./browser.ts";
import { createCardAgent } from "./card-agent.ts";
import { onPage } from "./chat-page.ts";
import { setUpApp } from "./set-up-app.ts";

/** A narrow, dark screen that is touched. */
export const phone: BrowserContextOptions = {
  viewport: { width: 380, height: 780 },
  colorScheme: "dark",
  hasTouch: true,
  deviceScaleFactor: 2,
};

/** For a file of tests: the app over plans that are known, and people who come to it. */
export function setUpCardApp() {
  const { agent, received } = createCardAgent();
  const app = setUpApp({ agent });
  return {
    /** The calls of tools, oldest first. */
    received,
    browser: () => app.browser,
    /** A person, for whom no console may say that something is wrong unless that is `allowed`. */
    async visitApp(
      name: string,
      { allowed = false, ...options }: BrowserContextOptions & { allowed?: boolean } = {},
    ) {
      const visitor = await visit(app.browser, { name, ...options });
      const { page } = visitor;
      const chat = onPage(page);
      await page.goto(app.url);
      return {
        ...visitor,
        chat,
        /** Asks for the plan of this word, and waits until it waits. */
        async openPlan(request: string) {
          await chat.ask(request);
          await chat.waiting.waitFor();
          return {
            chat,
            card: chat.waiting,
            row: (id: string) => chat.waiting.locator(`[data-step="${id}"]`),
          };
        },
        async [Symbol.asyncDispose]() {
          if (!allowed) expect(visitor.complaints).toEqual([]);
          await visitor[Symbol.asyncDispose]();
        },
      };
    },
  };
}
