import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApp } from "../support/app.ts";
import { createAsker } from "../support/asker.ts";
import { launchBrowser, visit } from "../support/browser.ts";
import { onPage } from "../support/chat-page.ts";
import { temporaryDirectory } from "../support/serve.ts";
import { serveAppOver } from "../support/serve-app.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** What has the focus, as a screen reader would say it. */
const focused = (page: Page) =>
  page.evaluate<string>(`(() => {
    const at = document.activeElement;
    if (at === null || at === document.body) return "nothing";
    const heading = at.querySelector("h2");
    return (at.getAttribute("aria-label") ?? at.labels?.[0]?.textContent ?? heading?.textContent ?? at.textContent ?? at.tagName).trim();
  })()`);

/** Presses Tab until something has the focus; every stop on the way can be seen. */
async function tabTo(page: Page, name: RegExp, key = "Tab"): Promise<void> {
  for (let press = 0; press < 60; press += 1) {
    await page.keyboard.press(key);
    if (name.test(await focused(page))) return;
  }
  throw new Error(`${name} cannot be reached by ${key}.`);
}

test("the whole app is used without a mouse: ask, read, send back, edit, approve, inbox, settings", async () => {
  await using directory = await temporaryDirectory();
  await using app = await startApp({ directory: directory.path });
  await using visitor = await visit(browser);
  const { page, complaints } = visitor;
  const chat = onPage(page);
  await page.goto(app.url);
  await page.getByRole("dialog", { name: "What is your name?" }).waitFor();
  await page.keyboard.type("Ana");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor({ state: "hidden" });

  await tabTo(page, /^Message$/);
  await page.keyboard.type('write "milk" to shopping.txt');
  await page.keyboard.press("Enter");
  await chat.waiting.waitFor();
  // In the box a letter is a letter; out of it, it is what the button says.
  await page.keyboard.type("a");
  await expect.poll(() => chat.message.inputValue()).toBe("a");
  await page.keyboard.press("Backspace");
  await tabTo(page, /^Skip to the content$/);
  await page.keyboard.press("Enter");
  await expect.poll(() => page.evaluate("document.activeElement.tagName")).toBe("MAIN");

  await page.keyboard.press("r");
  await page.keyboard.type("call it list.txt");
  await page.keyboard.press("Control+Enter");
  await chat.waiting.getByRole("heading", { name: /list\.txt/ }).waitFor();
  expect(await focused(page)).not.toBe("nothing");

  await page.keyboard.press("e");
  // Its code is fetched when it is first shown.
  await page.getByRole("textbox", { name: /^content/ }).waitFor();
  await tabTo(page, /^content/);
  await page.keyboard.press("Control+a");
  await page.keyboard.type("oat milk");
  await tabTo(page, /^Approve/);
  await page.keyboard.press("Enter");
  await expect.poll(() => existsSync(join(app.workspace, "list.txt"))).toBe(true);
  expect(readFileSync(join(app.workspace, "list.txt"), "utf8")).toBe("oat milk");
  await chat.decided.last().getByText("done", { exact: true }).first().waitFor();
  await chat.idle();
  expect(await focused(page)).not.toBe("nothing");

  await tabTo(page, /^Message$/);
  await page.keyboard.type("delete drafts/letter.txt");
  await page.keyboard.press("Enter");
  await chat.waiting.waitFor();
  await tabTo(page, /^Inbox/, "Shift+Tab");
  await page.keyboard.press("Enter");
  const list = page.getByRole("list", { name: "Open questions" });
  await list.getByRole("listitem").waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("letter");
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  await page.locator("[data-row]:focus").waitFor();
  await page.keyboard.press("Enter");
  await chat.waiting.waitFor();
  await page.keyboard.press("a");
  // What destroys something can be taken back for a moment.
  await expect
    .poll(() => existsSync(join(app.workspace, "drafts/letter.txt")), { timeout: 30_000 })
    .toBe(false);
  await chat.idle();

  const theme = () => page.evaluate("document.documentElement.dataset.theme");
  await expect.poll(theme).toBe("light");
  await tabTo(page, /^Colours follow the system/, "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await expect.poll(theme).toBe("dark");
  await tabTo(page, /^You act as Ana/);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("Anna");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "You act as Anna. Change the name" }).waitFor();
  await expect.poll(() => focused(page)).toMatch(/^You act as Anna/);
  expect(complaints).toEqual([]);
});

test("the focus is never lost: a card that is answered gives it to the next, the last one to the conversation", async () => {
  await using directory = await temporaryDirectory();
  const asked = [{ value: { question: "First?" } }, { value: { question: "Second?" } }];
  await using site = await serveAppOver(directory.path, { asker: createAsker(asked, " (that was all)") });
  await using visitor = await visit(browser, { name: "Ana" });
  const { page, complaints } = visitor;
  await page.goto(site.url);
  await onPage(page).ask("go on");
  const cards = page.getByTestId("question-card");
  await cards.nth(1).waitFor();
  const boxes = cards.getByRole("textbox");
  await boxes.nth(0).focus();
  await page.keyboard.type("one");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect.poll(() => cards.count()).toBe(1);
  await expect
    .poll(() => page.evaluate("document.activeElement?.closest('[data-interrupt]')?.textContent ?? ''"))
    .toContain("Second?");
  await boxes.fill("two");
  await boxes.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByText('"one", "two" (that was all)').waitFor();
  await expect.poll(() => page.evaluate("document.activeElement?.closest('main') !== null")).toBe(true);

  // Who lets go of it is not called back, whatever happens on the page.
  await onPage(page).message.fill("half a sentence");
  await page.evaluate("document.activeElement.blur()");
  await page.evaluate('document.querySelector("main").append(document.createElement("i"))');
  expect(await focused(page)).toBe("nothing");
  expect(complaints).toEqual([]);
});
