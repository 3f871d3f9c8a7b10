import type { BrowserContextOptions, Page } from "playwright-core";
import { expect, test } from "vitest";
import { expectAccessible, expectNoSideways, keepShot, visit } from "../support/browser.ts";
import { onPage } from "../support/chat-page.ts";
import { createAskGraph } from "../support/graphs.ts";
import { setUpApp } from "../support/set-up-app.ts";

/** A chat that is not there: deleted while somebody has it open, deleted before, or never there. */

const app = setUpApp({ ask: createAskGraph() });

const patient = { timeout: 20_000 };

/** Somebody at the app, who knows what it is that the browser complains of: requests for what is not there. */
async function arrive(path = "", options: BrowserContextOptions = {}) {
  const visitor = await visit(app.browser, { name: "Ana", ...options });
  const missing: string[] = [];
  visitor.context.on("response", (response) => {
    if (response.status() === 404) missing.push(new URL(response.url()).pathname);
  });
  await visitor.page.goto(`${app.url}/${path}`);
  return {
    ...visitor,
    ...onPage(visitor.page),
    ...onNotice(visitor.page),
    /** Fails when anything but these was not there, or anything else was complained of. */
    expectMissing(...paths: string[]) {
      expect(missing.filter((path) => !paths.includes(path))).toEqual([]);
      const line = "error: Failed to load resource: the server responded with a status of 404 (Not Found)";
      expect(visitor.complaints.filter((complaint) => complaint !== line)).toEqual([]);
    },
  };
}

function onNotice(page: Page) {
  return {
    notice: page.getByRole("heading", { name: "This chat is not here" }),
    start: page.getByRole("main").getByRole("button", { name: "New chat" }),
    focused: () => page.evaluate<string>("document.activeElement?.textContent ?? ''"),
    heard: () => page.getByTestId("announcements").innerText(),
    async addressOf(): Promise<string> {
      await expect.poll(() => page.url(), patient).toContain("#/t/");
      return new URL(page.url()).hash.slice("#/t/".length);
    },
  };
}

async function send(method: string, path: string, body?: object): Promise<{ thread_id: string }> {
  const response = await fetch(`${app.url}${path}`, {
    method,
    headers: { "content-type": "application/json" },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  expect(response.status, path).toBeLessThan(300);
  return JSON.parse((await response.text()) || "{}");
}

const create = async (title: string) =>
  (await send("POST", "/threads", { metadata: { graph_id: "ask", title } })).thread_id;

/** What the page asks for when it is opened at such a link. */
const askedOf = (id: string) => ["", "/state", "/runs", "/history"].map((end) => `/threads/${id}${end}`);

test("a chat that is deleted in another tab says so within moments: no card, no box, and what was being written comes along", async () => {
  await using ben = await arrive();
  await ben.ask("write a letter");
  const card = ben.page.locator("[data-interrupt]");
  await card.waitFor();
  const id = await ben.addressOf();
  // Ana has it open, too, and deletes it herself: nobody tells her that it is gone.
  await using ana = await arrive(`#/t/${id}`);
  await ana.page.locator("[data-interrupt]").waitFor();
  await ben.message.fill("And a postcard, please.\nThe blue one.");
  await card.getByRole("button").first().focus();

  const rowOf = (page: Page) =>
    page.getByRole("navigation", { name: "Chats" }).getByText("write a letter", { exact: true });
  const row = rowOf(ana.page);
  await row.hover();
  await ana.press("More about write a letter");
  await ana.press("Delete");
  await ana.press("Delete for good");
  await row.waitFor({ state: "detached" });

  await ben.notice.waitFor();
  expect(await card.count()).toBe(0);
  expect(await ben.message.count()).toBe(0);
  expect(await ben.page.getByRole("button", { name: "Graph and history" }).count()).toBe(0);
  await expect.poll(ben.focused).toBe("This chat is not here");
  await expect.poll(ben.heard).toBe("This chat is not here. It was deleted, or it is somebody else’s.");
  await expect.poll(() => rowOf(ben.page).count(), patient).toBe(0);
  await ben.page.getByText("And a postcard, please.").waitFor();
  await expectAccessible(ben.page, "a chat that was deleted elsewhere");
  await keepShot(ben.page, "chat-gone");

  await ben.page.keyboard.press("Tab");
  await expect.poll(async () => (await ben.focused()).trim()).toBe("New chat");
  await ben.page.keyboard.press("Enter");
  await expect.poll(() => ben.message.inputValue()).toBe("And a postcard, please.\nThe blue one.");
  await expect.poll(() => ben.message.evaluate((box) => box.matches(":focus"))).toBe(true);
  expect(await ben.notice.count()).toBe(0);
  expect(ben.page.url()).toBe(`${app.url}/#/`);
  await ben.message.press("Enter");
  await card.waitFor();
  expect(await ben.addressOf()).not.toBe(id);
  expect(ana.page.url()).toBe(`${app.url}/#/`);
  expect(await ana.notice.count()).toBe(0);
  expect(ana.complaints).toEqual([]);
  ben.expectMissing(...askedOf(id));
});

test("a chat whose stream does not tell of it says so when the list is without it, and the focus of whoever is elsewhere stays there", async () => {
  await using ben = await arrive();
  const id = await create("Quiet");
  // As if another process had deleted it: no stream ends, and the list alone tells.
  await ben.page.route("**/stream/events", () => {});
  await ben.page.getByRole("button", { name: "Quiet", exact: true }).click();
  await ben.message.waitFor();
  await ben.page.getByRole("searchbox", { name: "Search the chats" }).fill("Qui");
  await send("DELETE", `/threads/${id}`);
  await ben.notice.waitFor();
  const search = ben.page.getByRole("searchbox", { name: "Search the chats" });
  expect(await search.evaluate((box) => box.matches(":focus"))).toBe(true);
  ben.expectMissing(...askedOf(id));
});

test("the link of a chat that is not there says so, wide and narrow, and leads on", async () => {
  for (const options of [{}, { viewport: { width: 380, height: 780 }, colorScheme: "dark" as const }]) {
    const id = crypto.randomUUID();
    await using ben = await arrive(`#/t/${id}`, options);
    await ben.notice.waitFor();
    expect(await ben.message.count()).toBe(0);
    await ben.page.getByRole("heading", { level: 1, name: "Chat", exact: true }).waitFor();
    await expect.poll(ben.focused).toBe("This chat is not here");
    await expectAccessible(ben.page, "the link of a chat that is not there");
    await expectNoSideways(ben.page);
    await keepShot(ben.page, options.viewport ? "chat-missing-phone" : "chat-missing");
    await ben.page.reload();
    await ben.start.click();
    await ben.message.waitFor();
    expect(await ben.notice.count()).toBe(0);
    ben.expectMissing(...askedOf(id));
  }
});

test("a link that can be no chat's leads to none as well", async () => {
  await using visitor = await visit(app.browser, { name: "Ana" });
  const { page } = visitor;
  await page.goto(`${app.url}/#/t/${"x".repeat(300)}`);
  const { notice, start } = onNotice(page);
  await notice.waitFor();
  await start.click();
  await onPage(page).message.waitFor();
});

test("a chat of the older pages, or of the archive, is there, until it is deleted elsewhere", async () => {
  const old = await create("Old");
  const archived = await create("Archived");
  await send("PATCH", `/threads/${archived}`, { metadata: { archived: true } });
  for (let number = 1; number <= 101; number += 1) await create(`Newer ${number}`);
  await using ben = await arrive(`#/t/${old}`);
  const list = ben.page.getByRole("navigation", { name: "Chats" });
  const row = list.getByRole("button", { name: "Old", exact: true });
  await list.getByRole("button", { name: "Newer 101", exact: true }).waitFor();
  await ben.message.waitFor();
  expect(await row.count()).toBe(0);
  await ben.page.goto(`${app.url}/#/t/${archived}`);
  await ben.message.waitFor();
  await list.getByRole("button", { name: "Show more chats" }).click();
  const isHeard = ben.page.waitForResponse((response) => response.url().includes(`${old}/stream/events`));
  await row.click();
  await isHeard;
  expect(ben.complaints).toEqual([]);
  expect(await ben.notice.count()).toBe(0);
  await send("DELETE", `/threads/${old}`);
  await ben.notice.waitFor();
  await row.waitFor({ state: "detached" });
  ben.expectMissing(...askedOf(old));
});

test.each(["does not answer", "fails"])("a server that %s makes no chat go", async (how) => {
  const id = await create("There");
  await using ben = await arrive();
  let looks = 0;
  await ben.page.route(`**/threads/${id}`, (route) => {
    looks += 1;
    return how === "fails" ? route.fulfill({ status: 500, body: "" }) : route.abort();
  });
  await ben.page.goto(`${app.url}/#/t/${id}`);
  await expect.poll(() => looks, patient).toBeGreaterThan(0);
  await ben.ask("write a letter");
  await ben.page.locator("[data-interrupt]").waitFor();
  expect(await ben.notice.count()).toBe(0);
});
