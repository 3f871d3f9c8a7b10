import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApp } from "../support/app.ts";
import { expectAccessible, expectNoSideways, keepShot, launchBrowser, visit } from "../support/browser.ts";
import { onPage } from "../support/chat-page.ts";
import { temporaryDirectory } from "../support/serve.ts";

const token = "open sesame";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

test("a login that ends while a card is half filled in is asked for over the page: nothing is lost, and all goes on", async () => {
  await using directory = await temporaryDirectory();
  await using app = await startApp({ directory: directory.path, env: { COUNTERSIGN_TOKEN: token } });
  await using ana = await visit(browser, { name: "Ana", viewport: { width: 380, height: 780 } });
  const { page, context } = ana;
  const chat = onPage(page);
  await page.goto(app.url);
  await page.getByLabel(/Token of this server/).fill(token);
  await chat.press("Log in");
  await chat.ask('write "milk" to shopping.txt');
  await chat.waiting.waitFor();
  await chat.press("Request changes");
  const feedback = page.getByRole("textbox", { name: "What should be different?" });
  await feedback.fill("call it list.txt");
  await chat.message.fill("half a sentence");

  await context.clearCookies();
  // Sent in vain: it says so, and stays.
  await feedback.press("Control+Enter");
  const dialog = page.getByRole("dialog", { name: "Your login has ended" });
  await dialog.waitFor();
  await expectNoSideways(page);
  await expectAccessible(page, "the login over the page");
  await keepShot(page, "login-over-page");
  expect(await feedback.inputValue()).toBe("call it list.txt");
  for (let press = 0; press < 3; press += 1) await page.keyboard.press("Escape");
  expect(await dialog.isVisible()).toBe(true);
  await dialog.getByLabel(/Token of this server/).fill("wrong");
  await page.keyboard.press("Enter");
  await dialog.getByRole("alert").getByText("That is not the token").waitFor();
  await dialog.getByLabel(/Token of this server/).fill(token);
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "hidden" });

  expect(await chat.message.inputValue()).toBe("half a sentence");
  expect(await feedback.inputValue()).toBe("call it list.txt");
  await page.getByRole("button", { name: "Request changes" }).click();
  await chat.waiting.getByRole("heading", { name: /list\.txt/ }).waitFor();
  await chat.press("Approve");
  await expect.poll(() => existsSync(join(app.workspace, "list.txt"))).toBe(true);
  await chat.idle();
  await expect.poll(() => page.getByText("reconnecting…").count()).toBe(0);
});

test("a message sent after the login has ended comes back into its box; a login in another tab counts for this one", async () => {
  await using directory = await temporaryDirectory();
  await using app = await startApp({ directory: directory.path, env: { COUNTERSIGN_TOKEN: token } });
  await using ana = await visit(browser, { name: "Ana" });
  const { page, context } = ana;
  const chat = onPage(page);
  await page.goto(app.url);
  await page.getByLabel(/Token of this server/).fill(token);
  await chat.press("Log in");
  await chat.ask("what is 2+3?");
  await page.getByText(/\b5\b/).first().waitFor();
  await chat.idle();
  const other = await context.newPage();
  await other.goto(app.url);
  await other.getByText("What should be done?").waitFor();

  await context.clearCookies();
  await chat.ask("what is 20+22?");
  await page.getByRole("dialog", { name: "Your login has ended" }).waitFor();
  await other.bringToFront();
  const there = other.getByRole("dialog", { name: "Your login has ended" });
  await there.getByLabel(/Token of this server/).fill(token);
  await there.getByRole("button", { name: "Log in" }).click();
  await there.waitFor({ state: "hidden" });
  await page.bringToFront();
  await page.getByRole("dialog", { name: "Your login has ended" }).waitFor({ state: "hidden" });
  await expect.poll(() => chat.message.inputValue()).toBe("what is 20+22?");
  await chat.message.press("Enter");
  const main = page.getByRole("main");
  await main
    .getByText(/\b42\b/)
    .first()
    .waitFor();
  await chat.idle();
  await expect.poll(() => main.getByText("what is 20+22?", { exact: true }).count()).toBe(1);
  await page.reload();
  await main
    .getByText(/\b42\b/)
    .first()
    .waitFor();
  await expect.poll(() => main.getByText("what is 20+22?", { exact: true }).count()).toBe(1);
});
