import { readFile } from "node:fs/promises";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApp } from "../support/app.ts";
import { expectAccessible, keepShot, launchBrowser, visit } from "../support/browser.ts";
import { onPage } from "../support/chat-page.ts";
import { temporaryDirectory } from "../support/serve.ts";

const patient = { timeout: 20_000 };

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

async function openChat(env: Record<string, string> = {}) {
  const directory = await temporaryDirectory();
  const app = await startApp({
    directory: directory.path,
    env: { COUNTERSIGN_OFFLINE_DELAY_MS: "1", ...env },
  });
  const visitor = await visit(browser);
  const chat = onPage(visitor.page);
  await visitor.page.goto(app.url);
  await visitor.page.getByRole("textbox", { name: "Your name" }).fill("Ana");
  await chat.press("Start");
  return {
    ...visitor,
    chat,
    app,
    async [Symbol.asyncDispose]() {
      expect(visitor.complaints).toEqual([]);
      await visitor[Symbol.asyncDispose]();
      await app[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

test("a message is said differently: the thread goes another way, and the first way stays in the history", async () => {
  await using opened = await openChat();
  const { page, chat } = opened;
  await chat.ask("delete todo.md");
  await chat.waiting.waitFor();
  expect(
    await page.getByRole("button", { name: "Say it differently" }).count(),
    "not while a question is open",
  ).toBe(0);
  await chat.press("Approve");
  await chat.decided.getByText("done", { exact: true }).first().waitFor();
  await chat.idle();

  await page.getByText("delete todo.md", { exact: true }).first().hover();
  await page.getByRole("button", { name: "Say it differently" }).first().click();
  const editor = page.getByRole("textbox", { name: "Your message, said differently" });
  await expectAccessible(page, "a message being said differently");
  await editor.fill("read README.md and tell me its longest line");
  await Promise.all([page.waitForResponse("**/commands"), editor.press("Enter")]);
  await page.getByText("read README.md and tell me", { exact: false }).first().waitFor();
  await expect
    .poll(() => page.getByRole("main").getByText("delete todo.md", { exact: true }).count(), patient)
    .toBe(0);
  await page.reload();
  await page.getByRole("main").getByText("read README.md and tell me", { exact: false }).first().waitFor();
  expect(await page.getByRole("main").getByText("delete todo.md", { exact: true }).count()).toBe(0);

  await chat.press("Graph and history");
  await page.getByRole("tab", { name: "History" }).click();
  const checkpoints = page.getByRole("list", { name: "Checkpoints, newest first" });
  await expect.poll(() => checkpoints.getByText("before execute_plan").count(), patient).toBeGreaterThan(0);
});

test("the graph shows the way that the thread took and where it waits; the history shows what changed", async () => {
  await using opened = await openChat();
  const { page, chat } = opened;
  await chat.ask("delete todo.md");
  await chat.waiting.waitFor();
  await chat.press("Graph and history");
  await page.getByText("It waits for an answer in human_decision.").waitFor();
  const look = (node: string) => page.locator(`[data-node="${node}"]`).getAttribute("data-look");
  await expect
    .poll(() => Promise.all(["generate_plan", "human_decision", "summarize"].map(look)))
    .toEqual(["seen", "asking", "new"]);
  await expectAccessible(page, "the graph");
  await keepShot(page, "graph");
  await page.setViewportSize({ width: 380, height: 780 });
  await keepShot(page, "graph-narrow");
  await page.setViewportSize({ width: 1280, height: 800 });

  await page.getByRole("complementary").getByRole("button", { name: "Close" }).click();
  await chat.press("Approve");
  await chat.decided.getByText("done", { exact: true }).first().waitFor();
  await chat.idle();
  await chat.press("Graph and history");
  await page.getByText("Nothing is left to do.").waitFor();
  await expect.poll(() => look("summarize")).toBe("seen");
  await page.getByRole("tab", { name: "History" }).click();
  const rows = page.getByRole("list", { name: "Checkpoints, newest first" }).getByRole("button");
  await rows.first().click();
  await page
    .getByRole("list", { name: "What changed" })
    .getByText("messages", { exact: false })
    .first()
    .waitFor();
  await expectAccessible(page, "the history");
  await keepShot(page, "history");
});

test("what is asked while a run is on waits its turn, also over a reload, and can be taken back", async () => {
  await using opened = await openChat({ COUNTERSIGN_OFFLINE_DELAY_MS: "60" });
  const { page, chat } = opened;
  await chat.ask(
    "Read every file in the workspace, write a one-paragraph summary of each into summary.md, and tell me which is the longest",
  );
  await page.getByRole("button", { name: "Stop the run" }).waitFor();
  await chat.ask("What can you do?");
  await chat.ask("And what can you not do?");
  const queue = page.getByRole("list", { name: "Messages that wait for their turn" });
  await expect.poll(() => queue.getByRole("listitem").count(), patient).toBe(2);
  await keepShot(page, "queue");
  await page.getByRole("button", { name: "Take back: And what can you not do?" }).click();
  await expect.poll(() => queue.getByRole("listitem").count(), patient).toBe(1);
  await page.reload();
  await queue.getByText("What can you do?").waitFor();
  await chat.waiting.waitFor();
  await chat.press("Stop");
  await chat.press("Drop it");
  await expect.poll(() => queue.count(), { timeout: 60_000 }).toBe(0);
  await page.getByRole("main").getByText("What can you do?", { exact: true }).waitFor();
  await chat.idle();
  expect(await page.getByRole("main").getByText("And what can you not do?").count()).toBe(0);
});

test("chats are found, renamed, put into the archive, and taken out as files", async () => {
  await using opened = await openChat();
  const { page, chat } = opened;
  for (const text of ["What can you do?", "Who are you?"]) {
    await chat.press("New chat");
    await chat.ask(text);
    await page.getByRole("navigation").getByText(text).waitFor();
    await chat.idle();
  }
  const list = page.getByRole("navigation");
  await page.getByRole("searchbox", { name: "Search the chats" }).fill("who");
  await expect.poll(() => list.getByText("What can you do?").count(), patient).toBe(0);
  await page.getByRole("searchbox", { name: "Search the chats" }).fill("");

  const menu = async (title: string, item: string) => {
    await list.getByText(title, { exact: true }).hover();
    await page.getByRole("button", { name: `More about ${title}` }).click();
    await page.getByRole("button", { name: item, exact: true }).click();
  };
  await menu("Who are you?", "Rename");
  const field = page.getByRole("textbox", { name: "New name of Who are you?" });
  await field.fill("Introductions");
  await field.press("Enter");
  await list.getByText("Introductions").waitFor();

  const download = page.waitForEvent("download");
  await menu("Introductions", "Export as Markdown");
  const file = await download;
  expect(file.suggestedFilename()).toBe("Introductions.md");
  const text = await readFile(await file.path(), "utf8");
  expect(text).toMatch(/^# Introductions\n\n## You\n\nWho are you\?\n\n## Agent\n\n\S/);

  await menu("Introductions", "Archive");
  await expect.poll(() => list.getByText("Introductions", { exact: true }).count(), patient).toBe(0);
  await page.getByRole("button", { name: "Show the archive (1)" }).click();
  await keepShot(page, "archive");
  await menu("Introductions", "Take out of the archive");
  await expect.poll(() => page.getByRole("button", { name: /archive \(/ }).count(), patient).toBe(0);
  await expect.poll(() => list.getByText("Introductions", { exact: true }).count()).toBe(1);
});

test.each(["no-preference", "reduce"] as const)(
  "a thread of 2,000 messages opens at its end, and is scrolled without all of it being there, motion: %s",
  async (reducedMotion) => {
    await using opened = await openChat();
    const { page, app } = opened;
    await page.emulateMedia({ reducedMotion });
    const post = async (path: string, body: object) => {
      const response = await fetch(`${app.url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      expect(response.status).toBe(200);
      return (await response.json()) as { thread_id: string };
    };
    const { thread_id: id } = await post("/threads", { metadata: { graph_id: "agent", title: "Long" } });
    const messages = Array.from({ length: 2_000 }, (_, index) => ({
      type: index % 2 === 0 ? "human" : "ai",
      id: `m${index}`,
      content: `Message ${index}. ${"Words, and more of them. ".repeat(index % 7)}`,
    }));
    await post(`/threads/${id}/state`, { values: { messages }, as_node: "summarize" });
    await page.goto(`${app.url}/#/t/${id}`);
    const shown = (index: number) =>
      page.getByRole("main").getByText(`Message ${index}.`, { exact: false }).first();
    await shown(1_999).waitFor();
    const count = () =>
      page
        .getByRole("main")
        .getByText(/^Message \d+\./)
        .count();
    expect(await count()).toBeLessThan(100);
    const main = page.getByRole("main");
    const offset = () =>
      main.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight);
    await expect.poll(offset, patient).toBeLessThan(100);
    await main.evaluate((element) => {
      element.scrollTop = 0;
    });
    await shown(0).waitFor();
    expect(await count()).toBeLessThan(100);
    await main.evaluate((element) => {
      element.scrollTop = element.scrollHeight / 2;
    });
    await expect.poll(() => shown(0).count(), patient).toBe(0);
    await page.getByRole("textbox", { name: "Message" }).fill("half way");
    expect(await offset(), "typing moves nothing").toBeGreaterThan(10_000);
  },
);
