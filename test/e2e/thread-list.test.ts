import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectAccessible, keepShot, launchBrowser, visit } from "../support/browser.ts";
import { createMessagesGraph } from "../support/messages-graph.ts";
import { temporaryDirectory } from "../support/serve.ts";
import { serveAppOver } from "../support/serve-app.ts";

/** The list of chats: more than a page of it, what is looked for in it, and what becomes of a chat. */

const patient = { timeout: 20_000 };

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** The app with as many chats, `Chat 1` the oldest, and a person who looks at them. */
async function openList(count: number) {
  const directory = await temporaryDirectory();
  const site = await serveAppOver(directory.path, { agent: createMessagesGraph() });
  const send = async (method: string, path: string, body?: object): Promise<{ thread_id: string }> => {
    const response = await fetch(`${site.url}${path}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    expect(response.status, path).toBeLessThan(300);
    return JSON.parse((await response.text()) || "null");
  };
  const create = async (title: string, messages: object[] = []): Promise<string> => {
    const metadata = { graph_id: "agent", ...(title === "" ? {} : { title }) };
    const { thread_id: id } = await send("POST", "/threads", { metadata });
    if (messages.length > 0)
      await send("POST", `/threads/${id}/state`, { values: { messages }, as_node: "talk" });
    return id;
  };
  const ids: string[] = [];
  for (let number = 1; number <= count; number += 1) ids.push(await create(`Chat ${number}`));
  const visitor = await visit(browser, { name: "Ana" });
  const { page } = visitor;
  const list = page.getByRole("navigation", { name: "Chats" });
  await page.goto(site.url);
  return {
    ...visitor,
    url: site.url,
    send,
    create,
    list,
    /** The id of `Chat <number>`. */
    id: (number: number) => ids[number - 1] ?? "",
    search: page.getByRole("searchbox", { name: "Search the chats" }),
    more: page.getByRole("button", { name: "Show more chats" }),
    row: (title: string) => list.getByRole("button", { name: title, exact: true }),
    titles: () => list.locator("li > button > span:last-child").allInnerTexts(),
    async menu(title: string, item: string) {
      await list.getByRole("button", { name: title, exact: true }).hover();
      await page.getByRole("button", { name: `More about ${title}`, exact: true }).click();
      await page.getByRole("button", { name: item, exact: true }).click();
    },
    async [Symbol.asyncDispose]() {
      expect(visitor.complaints).toEqual([]);
      await visitor[Symbol.asyncDispose]();
      await site[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Newest first, down to the second number. */
const chats = (from: number, to: number) =>
  Array.from({ length: from - to + 1 }, (_, index) => `Chat ${from - index}`);

const focused = (page: Page) =>
  page.evaluate<string>(
    "document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? ''",
  );

test("of 230 chats a hundred are listed, older ones on request, each once, also when new ones come meanwhile", async () => {
  await using opened = await openList(230);
  const { more, row, titles, create, send, id } = opened;
  await row("Chat 230").waitFor();
  await expect.poll(titles).toEqual(chats(230, 131));
  await more.click();
  await row("Chat 31").waitFor();
  await expect.poll(titles).toEqual(chats(230, 31));
  // What was the last of the newest hundred is not among them any more, and still on the list.
  await create("Chat 231");
  await row("Chat 231").waitFor();
  await expect.poll(titles).toEqual(chats(231, 31));
  // What is deleted elsewhere goes, wherever it stands, and nothing else does.
  await send("DELETE", `/threads/${id(140)}`);
  await expect.poll(() => row("Chat 140").count(), patient).toBe(0);
  await expect.poll(titles).toEqual(chats(231, 31).filter((title) => title !== "Chat 140"));
  await more.click();
  await row("Chat 1").waitFor();
  await more.waitFor({ state: "detached" });
  await expect.poll(titles).toEqual(chats(231, 1).filter((title) => title !== "Chat 140"));
  // An old one that something happens to comes to the front, and is not there twice.
  await send("PATCH", `/threads/${id(7)}`, { metadata: { title: "Lucky" } });
  await expect.poll(async () => (await titles())[0], patient).toBe("Lucky");
  expect(await row("Chat 7").count()).toBe(0);
});

test("a chat is found by its name wherever it stands, and so are those of the archive", async () => {
  await using opened = await openList(230);
  const { page, search, row, titles, menu, more, list } = opened;
  await row("Chat 230").waitFor();
  await search.fill("chat 3");
  await expect.poll(titles, patient).toEqual([...chats(39, 30), "Chat 3"]);
  await menu("Chat 33", "Archive");
  await expect.poll(() => row("Chat 33").count(), patient).toBe(0);
  await page.getByRole("button", { name: "Show the archive (1)" }).click();
  await row("Chat 33").waitFor();
  await keepShot(page, "thread-list-found");
  await page.reload();
  await row("Chat 230").waitFor();
  await expect.poll(() => more.count()).toBe(1);
  await search.fill("chat 33");
  await page.getByRole("button", { name: "Show the archive (1)" }).click();
  await row("Chat 33").waitFor();
  await menu("Chat 33", "Take out of the archive");
  await page.getByRole("button", { name: /archive \(/ }).waitFor({ state: "detached" });
  await expect.poll(titles, patient).toEqual(["Chat 33"]);
  await search.fill("no such name");
  await list.getByText("No chat is called that.").waitFor();
});

test("a chat is deleted only when that is said twice, by keyboard, and the focus stays where one was", async () => {
  await using opened = await openList(3);
  const { page, row } = opened;
  const dialog = page.getByRole("dialog", { name: "Delete “Chat 2” for good?" });
  const ask = async () => {
    await page.getByRole("button", { name: "More about Chat 2" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Delete", exact: true }).waitFor();
    for (let presses = 0; presses < 12 && (await focused(page)).trim() !== "Delete"; presses += 1)
      await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await dialog.waitFor();
    await expect.poll(() => focused(page), { message: "a hasty Enter keeps it" }).toBe("Keep it");
  };
  await row("Chat 2").waitFor();
  await ask();
  await expectAccessible(page, "the question before a chat is deleted");
  await keepShot(page, "delete-chat");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await expect.poll(() => focused(page)).toBe("More about Chat 2");
  await ask();
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  expect(await row("Chat 2").count()).toBe(1);
  await expect.poll(() => focused(page)).toBe("More about Chat 2");

  await ask();
  await page.keyboard.press("Tab");
  await expect.poll(() => focused(page)).toBe("Delete for good");
  await page.keyboard.press("Enter");
  await row("Chat 2").waitFor({ state: "detached" });
  await expect.poll(() => dialog.count()).toBe(0);
  await expect.poll(() => focused(page)).toBe("Chat 1");
  await page.reload();
  await row("Chat 1").waitFor();
  expect(await row("Chat 2").count()).toBe(0);
});

test("what cannot be deleted says why in the dialog, and a name that is left as it is gives the focus back", async () => {
  await using opened = await openList(2);
  const { page, row, menu, complaints } = opened;
  await row("Chat 1").waitFor();
  await page.route("**/threads/*", (route) =>
    route.request().method() === "DELETE"
      ? route.fulfill({ status: 403, json: { error: "forbidden", message: "Only its owner may." } })
      : route.continue(),
  );
  await menu("Chat 1", "Delete");
  const dialog = page.getByRole("dialog", { name: "Delete “Chat 1” for good?" });
  await dialog.getByRole("button", { name: "Delete for good" }).click();
  await dialog.getByRole("alert").getByText("Only its owner may.").waitFor();
  await dialog.getByRole("button", { name: "Keep it" }).click();
  await dialog.waitFor({ state: "detached" });
  // Chromium says of every refused request that it was refused.
  await expect.poll(() => complaints).toEqual([expect.stringContaining("403")]);
  complaints.length = 0;

  for (const [key, title] of [
    ["Escape", "Chat 1"],
    ["Enter", "Another name"],
  ] as const) {
    await menu("Chat 1", "Rename");
    const field = page.getByRole("textbox", { name: "New name of Chat 1" });
    await field.fill("Another name");
    await field.press(key);
    await row(title).waitFor();
    await expect.poll(() => focused(page)).toBe(title);
  }
});

test("a word said deep in an old chat is found from the list, and its place opens at the message", async () => {
  await using opened = await openList(120);
  const { page, create, search, list, url } = opened;
  const say = (count: number, said: Record<number, string>) =>
    Array.from({ length: count }, (_, index) => ({
      type: index % 2 === 0 ? "human" : "ai",
      id: `said-${index}`,
      content: said[index] ?? `Message ${index}. ${"Words, and more of them. ".repeat(index % 7)}`,
    }));
  const old = await create("Old", say(400, { 31: "Somewhere in it there is a **heliotrope** in bloom." }));
  await create("", say(4, { 2: "One more heliotrope." }));
  for (let number = 1; number <= 110; number += 1) await create(`Newer ${number}`);
  await page.reload();
  await list.getByRole("button", { name: "Newer 110", exact: true }).waitFor();
  expect(await list.getByRole("button", { name: "Old", exact: true }).count()).toBe(0);
  await search.fill("Heliotrope");
  const hits = page.getByRole("region", { name: "In messages" });
  await expect.poll(() => hits.getByRole("listitem").count(), patient).toBe(2);
  const [nameless, deep] = await hits.getByRole("listitem").allInnerTexts();
  expect(nameless).toMatch(/^\S[^\n]*\nOne more heliotrope\.$/);
  expect(deep).toContain("Old");
  await expect.poll(() => hits.locator("mark").allInnerTexts()).toEqual(["heliotrope", "heliotrope"]);
  await expectAccessible(page, "what was found in messages");
  await keepShot(page, "search-in-messages");
  await hits.getByRole("listitem").nth(1).getByRole("link").press("Enter");
  await expect.poll(() => page.url()).toBe(`${url}/#/t/${old}/m/said-31`);
  const marked = page.locator("[data-marked=true]");
  await marked.getByText("heliotrope").waitFor();
  const top = () => marked.evaluate((element) => element.getBoundingClientRect().top);
  await expect.poll(top, patient).toBeGreaterThan(0);
  await expect.poll(top, patient).toBeLessThan(400);
  await expect.poll(() => marked.evaluate((element) => element.matches(":focus")), patient).toBe(true);
  await search.fill("no message has this");
  await hits.getByText("No message says that.").waitFor();
});
