import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApp } from "../support/app.ts";
import { expectAccessible, expectNoSideways, keepShot, launchBrowser, visit } from "../support/browser.ts";
import { onPage } from "../support/chat-page.ts";
import { temporaryDirectory } from "../support/serve.ts";
import { together } from "../support/together.ts";

const request = "Read every file and write a one-paragraph summary of each into summary.md";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

test("a reload at any moment shows the same, and the run goes on meanwhile", async () => {
  await using directory = await temporaryDirectory();
  await using app = await startApp({
    directory: directory.path,
    env: { COUNTERSIGN_OFFLINE_DELAY_MS: "15" },
  });
  await using visitor = await visit(browser, { name: "Ana" });
  const { page, complaints } = visitor;
  const chat = onPage(page);
  await page.goto(app.url);
  await chat.ask(request);
  await chat.drafting.waitFor();
  await page.reload();
  await chat.waiting.waitFor();
  await chat.idle();
  const waiting = await chat.text();
  await page.reload();
  await chat.waiting.waitFor();
  await expect.poll(() => chat.text()).toBe(waiting);
  await chat.press("Approve");
  await page.locator('[data-status="running"], [data-status="done"]').first().waitFor();
  await page.reload();
  await page.getByText(/All \d+ steps were done/).waitFor();
  expect(existsSync(join(app.workspace, "summary.md"))).toBe(true);
  await chat.idle();
  const done = await chat.text();
  await page.reload();
  await page.getByText(/All \d+ steps were done/).waitFor();
  await expect.poll(() => chat.text()).toBe(done);
  expect(complaints).toEqual([]);
});

test("two tabs on one thread stay in step, also when one of them had nothing to do", async () => {
  await using directory = await temporaryDirectory();
  await using app = await startApp({ directory: directory.path });
  await using visitor = await visit(browser, { name: "Ana" });
  const { page, context, complaints } = visitor;
  const first = onPage(page);
  await page.goto(app.url);
  await first.ask("what is 2+3?");
  await page.getByText(/\b5\b/).first().waitFor();
  await first.idle();

  const second = onPage(await context.newPage());
  await second.page.goto(page.url());
  await second.page.getByText(/\b5\b/).first().waitFor();

  await first.ask('write "milk" to shopping.txt');
  await second.waiting.waitFor();
  await expect.poll(async () => (await second.text()) === (await first.text())).toBe(true);
  await second.press("Approve");
  await first.page.getByTestId("decision").waitFor();
  await expect.poll(() => first.waiting.count()).toBe(0);
  await expect.poll(() => existsSync(join(app.workspace, "shopping.txt"))).toBe(true);
  await first.page.getByText(/done/i).last().waitFor();
  await expect.poll(async () => (await second.text()) === (await first.text())).toBe(true);

  await Promise.all([first.idle(), second.idle()]);
  await second.ask("what is 20+22?");
  await first.page
    .getByText(/\b42\b/)
    .first()
    .waitFor();
  await expect.poll(async () => (await second.text()) === (await first.text())).toBe(true);
  expect(complaints).toEqual([]);
});

test("two people decide at once: one wins, the other is told who", async () => {
  await using directory = await temporaryDirectory();
  await using app = await startApp({ directory: directory.path });
  await using ana = await visit(browser, { name: "Ana" });
  await using ben = await visit(browser, { name: "Ben" });
  const [anas, bens] = [onPage(ana.page), onPage(ben.page)];
  await ana.page.goto(app.url);
  await anas.ask("delete drafts/letter.txt");
  await anas.waiting.waitFor();
  await ben.page.goto(ana.page.url());
  await bens.waiting.waitFor();
  await together([ana.page, ben.page]);
  await bens.press("Stop");
  await Promise.all([anas.press("Approve"), bens.press("Drop it")]);
  for (const { page } of [ana, ben]) await page.getByTestId("decision").waitFor();
  const recordOn = ({ page }: typeof ana) => page.getByTestId("decision").innerText();
  await expect.poll(async () => (await recordOn(ben)) === (await recordOn(ana))).toBe(true);
  const record = await recordOn(ana);
  const isApproved = /Approved\s+by Ana/.test(record);
  expect(isApproved || /Stopped\s+by Ben/.test(record), record).toBe(true);
  const loser = isApproved ? ben.page : ana.page;
  await loser
    .getByTestId("refusal")
    .getByText(isApproved ? "Ana was first" : "Ben was first")
    .waitFor();
  await expect.poll(() => existsSync(join(app.workspace, "drafts/letter.txt"))).toBe(!isApproved);
});

test("losing the server shows a quiet notice, and all goes on when it is back", async () => {
  await using directory = await temporaryDirectory();
  const slow = { COUNTERSIGN_OFFLINE_DELAY_MS: "30" };
  const first = await startApp({ directory: directory.path, env: slow });
  await using visitor = await visit(browser, { name: "Ana" });
  const { page } = visitor;
  const chat = onPage(page);
  await page.goto(first.url);
  await chat.ask(request);
  await chat.drafting.waitFor();
  await first.kill();
  await page.getByText("reconnecting…").waitFor();
  await keepShot(page, "reconnecting");
  await using _second = await startApp({
    directory: directory.path,
    env: { ...slow, COUNTERSIGN_PORT: new URL(first.url).port },
  });
  await chat.waiting.waitFor();
  await expect.poll(() => page.getByText("reconnecting…").count(), { timeout: 15_000 }).toBe(0);
  await chat.press("Approve");
  await page.getByText(/All \d+ steps were done/).waitFor();
  await chat.idle();
  const shown = await chat.text();
  await page.reload();
  await page.getByText(/All \d+ steps were done/).waitFor();
  await expect.poll(() => chat.text()).toBe(shown);
});

test("a run can be stopped, and gone on with", async () => {
  await using directory = await temporaryDirectory();
  await using app = await startApp({
    directory: directory.path,
    env: { COUNTERSIGN_OFFLINE_DELAY_MS: "40" },
  });
  await using visitor = await visit(browser, { name: "Ana" });
  const { page } = visitor;
  const chat = onPage(page);
  await page.goto(app.url);
  await chat.ask(request);
  await chat.waiting.waitFor();
  await chat.press("Approve");
  await page.locator('[data-step][data-status="done"]').first().waitFor();
  await chat.press("Stop the run");
  await chat.idle();
  await page.getByRole("button", { name: "Go on with this plan" }).click();
  await page.getByText(/All \d+ steps were done/).waitFor();
  expect(readFileSync(join(app.workspace, "summary.md"), "utf8")).toContain("todo.md");
});

test("on a phone and in the dark everything fits and can be used", async () => {
  await using directory = await temporaryDirectory();
  await using app = await startApp({ directory: directory.path });
  await using visitor = await visit(browser, {
    name: "Ana",
    viewport: { width: 380, height: 780 },
    colorScheme: "dark",
    hasTouch: true,
  });
  const { page, complaints } = visitor;
  const chat = onPage(page);
  await page.goto(app.url);
  await chat.message.waitFor();
  await expectNoSideways(page);
  await keepShot(page, "phone-new-chat");
  await chat.ask(request);
  await chat.waiting.waitFor();
  await expectNoSideways(page);
  await expectAccessible(page, "a plan on a phone, dark");
  await keepShot(page, "phone-plan");
  await chat.press("Approve");
  await page.getByText(/All \d+ steps were done/).waitFor();
  await expectNoSideways(page);
  await page.getByRole("button", { name: "Show the list of chats" }).click();
  await page.getByRole("navigation", { name: "Chats" }).waitFor();
  await expectAccessible(page, "the drawer");
  await keepShot(page, "phone-drawer");
  expect(complaints).toEqual([]);
});

test("a tool server that does not start is reported in the app and at the terminal; the rest work", async () => {
  await using directory = await temporaryDirectory();
  const mcp = join(directory.path, "mcp.json");
  const files = new URL("../../dist/tools/files-server-main.js", import.meta.url).pathname;
  writeFileSync(
    mcp,
    JSON.stringify({
      mcpServers: {
        files: { command: process.execPath, args: [files, join(directory.path, "workspace")] },
        broken: {
          command: process.execPath,
          args: ["-e", "console.error('no licence found'); process.exit(3)"],
        },
      },
    }),
  );
  await using app = await startApp({ directory: directory.path, env: { COUNTERSIGN_MCP: mcp } });
  await expect.poll(app.output).toMatch(/broken did not start: .*no licence found/s);
  await using visitor = await visit(browser, { name: "Ana" });
  const { page, complaints } = visitor;
  const chat = onPage(page);
  await page.goto(app.url);
  await page.getByRole("button", { name: /offline rehearsal model/ }).click();
  await page.getByText(/no licence found/).waitFor();
  await expectAccessible(page, "what this runs on");
  await keepShot(page, "server-failed");
  await page.keyboard.press("Escape");
  await chat.ask("delete drafts/letter.txt");
  await chat.waiting.waitFor();
  await chat.press("Approve");
  await expect.poll(() => existsSync(join(app.workspace, "drafts/letter.txt"))).toBe(false);
  expect(complaints).toEqual([]);
});

test("behind a token the app asks for it once", async () => {
  await using directory = await temporaryDirectory();
  await using app = await startApp({ directory: directory.path, env: { COUNTERSIGN_TOKEN: "open sesame" } });
  await using visitor = await visit(browser, { name: "Ana" });
  const { page } = visitor;
  const chat = onPage(page);
  await page.goto(app.url);
  await page.getByLabel(/Token of this server/).waitFor();
  await expectAccessible(page, "the login");
  await page.getByLabel(/Token of this server/).fill("wrong");
  await chat.press("Log in");
  await page.getByText("That is not the token").waitFor();
  await page.getByLabel(/Token of this server/).fill("open sesame");
  await chat.press("Log in");
  await page.getByText("What should be done?").waitFor();
  await page.reload();
  await page.getByText("What should be done?").waitFor();
  await chat.ask("what is 2+3?");
  await page.getByText(/\b5\b/).first().waitFor();
});
