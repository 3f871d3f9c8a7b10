import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApp } from "../support/app.ts";
import { expectAccessible, expectNoSideways, keepShot, launchBrowser, visit } from "../support/browser.ts";
import { onPage } from "../support/chat-page.ts";
import { temporaryDirectory } from "../support/serve.ts";

const request = "Summarize notes/ideas.txt into summary.md and delete drafts/letter.txt";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

for (const [screen, options] of [
  ["a wide, light screen", { viewport: { width: 1280, height: 800 } }],
  [
    "a narrow, dark screen",
    { viewport: { width: 380, height: 780 }, colorScheme: "dark" as const, hasTouch: true },
  ],
] as const) {
  test(`on ${screen} every step says what it may do before anyone approves`, async () => {
    await using directory = await temporaryDirectory();
    await using app = await startApp({ directory: directory.path });
    await using visitor = await visit(browser, { name: "Ana", deviceScaleFactor: 2, ...options });
    const { page, complaints } = visitor;
    const chat = onPage(page);
    await page.goto(app.url);
    await chat.ask(request);
    await chat.waiting.waitFor();
    const badges = chat.waiting
      .locator("[data-step]")
      .getByText(/^(reads|writes|destructive|leaves this machine)$/);
    await expect.poll(() => badges.allInnerTexts()).toEqual(["reads", "writes", "destructive"]);
    await expectNoSideways(page);
    await expectAccessible(page, `a plan with every risk on ${screen}`);
    await page.mouse.move(0, 0);
    await keepShot(page, screen.includes("dark") ? "plan-risks-narrow" : "plan-risks");
    expect(complaints).toEqual([]);
  });
}
