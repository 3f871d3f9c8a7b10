import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApp } from "../support/app.ts";
import { expectAccessible, keepShot, launchBrowser, visit } from "../support/browser.ts";
import { onPage } from "../support/chat-page.ts";
import { temporaryDirectory } from "../support/serve.ts";

const request =
  "Read every file in the workspace, write a one-paragraph summary of each into summary.md, and tell me which is the longest";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

function snapshot(directory: string): string[] {
  return (readdirSync(directory, { recursive: true }) as string[])
    .map(
      (path) => `${path} ${statSync(join(directory, path)).size} ${statSync(join(directory, path)).mtimeMs}`,
    )
    .sort();
}

test("a newcomer asks, reads the plan, approves, and it is really done", async () => {
  await using directory = await temporaryDirectory();
  await using app = await startApp({
    directory: directory.path,
    command: ["start"],
    env: { COUNTERSIGN_OFFLINE_DELAY_MS: "8" },
  });
  await using visitor = await visit(browser);
  const { page, complaints } = visitor;
  const chat = onPage(page);
  const before = snapshot(app.workspace);

  await page.goto(app.url);
  await page.getByRole("textbox", { name: "Your name" }).waitFor();
  await expectAccessible(page, "the question for the name");
  await keepShot(page, "name");
  await page.getByRole("textbox", { name: "Your name" }).fill("Ana");
  await chat.press("Start");
  await page.getByText("What should be done?").waitFor();
  await expectAccessible(page, "a new chat");
  await keepShot(page, "new-chat");
  await expect.poll(() => page.getByText("offline rehearsal model").count()).toBeGreaterThan(0);
  await expect.poll(() => page.getByText(app.workspace).count()).toBeGreaterThan(0);

  await chat.ask(request);
  await chat.drafting.waitFor();
  await expect.poll(() => chat.drafting.getByRole("listitem").count()).toBeGreaterThan(1);
  await keepShot(page, "plan-drafting");
  await chat.waiting.waitFor();
  await expect.poll(() => chat.waiting.getByRole("listitem").count()).toBeGreaterThan(4);
  await expect.poll(() => chat.waiting.getByText("write_file").count()).toBe(1);
  await expect.poll(() => chat.waiting.getByText("reads", { exact: true }).count()).toBeGreaterThan(3);
  await expect.poll(() => chat.waiting.getByText("writes", { exact: true }).count()).toBe(1);
  await expectAccessible(page, "a plan to review");
  await keepShot(page, "plan-waiting");
  expect(snapshot(app.workspace), "nothing was touched before the approval").toEqual(before);
  await expect.poll(() => page.title()).toMatch(/^\(1\)/);

  await chat.press("Approve");
  await page.getByText("longest file is").waitFor();
  const written = readFileSync(join(app.workspace, "summary.md"), "utf8");
  for (const path of ["README.md", "todo.md", "data/expenses.csv", "notes/ideas.txt"])
    expect(written).toContain(path);
  const total = await chat.steps.count();
  await expect.poll(() => page.locator('[data-step][data-status="done"]').count()).toBe(total);
  const decision = page.getByTestId("decision");
  await expect.poll(() => decision.innerText()).toMatch(/Approved\s+by Ana/);
  await expectAccessible(page, "a plan that was run");
  await keepShot(page, "plan-done");

  await chat.idle();
  const shown = await chat.text();
  await page.reload();
  await page.getByText("longest file is").waitFor();
  await expect.poll(() => chat.text()).toBe(shown);
  expect(complaints).toEqual([]);
});

test("feedback makes another plan, edits run as edited, and a dropped plan runs nothing", async () => {
  await using directory = await temporaryDirectory();
  await using app = await startApp({ directory: directory.path });
  await using visitor = await visit(browser, { name: "Ben" });
  const { page, complaints } = visitor;
  const chat = onPage(page);
  await page.goto(app.url);

  await chat.ask('write "milk" to shopping.txt and delete drafts/letter.txt');
  await chat.waiting.waitFor();
  await chat.press("Request changes");
  await page.getByRole("textbox", { name: "What should be different?" }).fill("don't delete anything");
  await chat.press("Request changes");
  await page.getByText("revision 2").waitFor();
  await chat.waiting.waitFor();
  await expect.poll(() => chat.waiting.locator("[data-step]").getByText("delete_file").count()).toBe(0);
  await expect.poll(() => chat.waiting.getByText(/Since revision 1/).innerText()).toContain("1 removed");
  await expect.poll(() => page.getByText("“don't delete anything”").count()).toBe(1);
  await keepShot(page, "plan-revised");

  await chat.press("Approve with edits");
  await page.getByRole("textbox", { name: /^content/ }).fill("oat milk");
  await expectAccessible(page, "the plan's editor");
  await keepShot(page, "plan-editing");
  await chat.press("Approve as edited");
  await page.getByText("Approved with edits").waitFor();
  await expect.poll(() => existsSync(join(app.workspace, "shopping.txt"))).toBe(true);
  expect(readFileSync(join(app.workspace, "shopping.txt"), "utf8")).toBe("oat milk");
  expect(existsSync(join(app.workspace, "drafts/letter.txt"))).toBe(true);

  await page.getByRole("textbox", { name: "Message" }).waitFor();
  await chat.idle();
  await chat.ask("delete drafts/letter.txt");
  await chat.waiting.waitFor();
  await chat.press("Stop");
  await chat.press("Drop it");
  await page.getByText("Nothing was run").waitFor();
  expect(existsSync(join(app.workspace, "drafts/letter.txt"))).toBe(true);
  await expect.poll(() => page.getByTestId("plan-card").count()).toBe(3);
  expect(complaints).toEqual([]);
});

test("what is typed into the composer never answers a plan", async () => {
  await using directory = await temporaryDirectory();
  await using app = await startApp({ directory: directory.path });
  await using visitor = await visit(browser, { name: "Cem" });
  const { page, complaints } = visitor;
  const chat = onPage(page);
  await page.goto(app.url);
  await chat.ask("delete drafts/letter.txt");
  await chat.waiting.waitFor();

  await chat.ask("approve");
  const dialog = page.getByRole("alertdialog");
  await dialog.waitFor();
  await expectAccessible(page, "a message while a plan waits");
  await chat.press("Keep the plan");
  expect(await chat.message.inputValue()).toBe("approve");
  expect(await chat.waiting.count()).toBe(1);

  await chat.message.fill("what is 2+3?");
  await chat.message.press("Enter");
  await chat.press("Set the plan aside and send");
  await page.getByText(/A plan was set aside/).waitFor();
  await page.getByText(/\b5\b/).first().waitFor();
  await expect.poll(() => chat.waiting.count()).toBe(0);
  expect(existsSync(join(app.workspace, "drafts/letter.txt"))).toBe(true);
  expect(complaints).toEqual([]);
});

test("a plan can be read, sent back and approved with the keyboard alone", async () => {
  await using directory = await temporaryDirectory();
  await using app = await startApp({ directory: directory.path });
  await using visitor = await visit(browser, { name: "Dora" });
  const { page, complaints } = visitor;
  const chat = onPage(page);
  await page.goto(app.url);
  const tabTo = async (name: string) => {
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press("Tab");
      const focused = await page.evaluate<string>(
        "document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? ''",
      );
      if (focused === name) return;
    }
    throw new Error(`Tab never came to ${name}`);
  };
  await chat.message.waitFor();
  await tabTo("Message");
  await page.keyboard.type("delete drafts/letter.txt");
  await page.keyboard.press("Enter");
  await chat.waiting.waitFor();
  await tabTo("Request changes");
  await page.keyboard.press("Enter");
  await page.keyboard.type("also delete todo.md");
  await page.keyboard.press("Control+Enter");
  await page.getByText("revision 2").waitFor();
  await chat.waiting.waitFor();
  await tabTo("Approve");
  await page.keyboard.press("Enter");
  await expect.poll(() => existsSync(join(app.workspace, "todo.md"))).toBe(false);
  await expect.poll(() => existsSync(join(app.workspace, "drafts/letter.txt"))).toBe(false);
  await page.getByTestId("decision").last().waitFor();
  expect(complaints).toEqual([]);
});
