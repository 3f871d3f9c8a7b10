import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectAccessible, keepShot, launchBrowser, visit } from "../support/browser.ts";
import { onPage } from "../support/chat-page.ts";
import { createGates, type NamedGate } from "../support/gates.ts";
import { createNestedGraph } from "../support/graphs.ts";
import { createMessagesGraph } from "../support/messages-graph.ts";
import { temporaryDirectory } from "../support/serve.ts";
import { serveAppOver } from "../support/serve-app.ts";

/** The ways through a thread: versions, links, search, the history; and what a reader sees while it is written. */

const patient = { timeout: 20_000 };

/** Holds what the model says, chunk by chunk, until it is let go on. */
const gate = { isOpen: true, waiting: [] as (() => void)[] };
const pause = () =>
  gate.isOpen ? undefined : new Promise<void>((resolve) => void gate.waiting.push(resolve));
const open = () => {
  gate.isOpen = true;
  for (const go of gate.waiting.splice(0)) go();
};

let browser: Browser;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let site: Awaited<ReturnType<typeof serveAppOver>>;
beforeAll(async () => {
  browser = await launchBrowser();
  directory = await temporaryDirectory();
  site = await serveAppOver(directory.path, {
    agent: createMessagesGraph(pause),
    nested: createNestedGraph(),
  });
});
afterAll(async () => {
  open();
  await browser.close();
  await site[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

async function openChat(hash = "") {
  const visitor = await visit(browser, { name: "Ana" });
  await visitor.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const { page } = visitor;
  await page.goto(`${site.url}${hash}`);
  const chat = onPage(page);
  const main = page.getByRole("main");
  return {
    ...visitor,
    chat,
    main,
    message: (text: string) => page.locator("[data-message]", { has: page.getByText(text, { exact: true }) }),
    async ask(text: string) {
      await chat.ask(text);
      await main.getByText(`You said: ${text}`).waitFor();
      await chat.idle();
    },
    copied: () => page.evaluate<string>("navigator.clipboard.readText()"),
    async [Symbol.asyncDispose]() {
      expect(visitor.complaints).toEqual([]);
      await visitor[Symbol.asyncDispose]();
    },
  };
}

async function post<Reply>(path: string, body: object): Promise<Reply> {
  const response = await fetch(`${site.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(response.status, await response.clone().text()).toBeLessThan(300);
  return (await response.json()) as Reply;
}

/** A thread with as many messages, each of which says its number. */
async function longThread(count: number, title = "Long"): Promise<string> {
  const { thread_id: id } = await post<{ thread_id: string }>("/threads", {
    metadata: { graph_id: "agent", title },
  });
  const messages = Array.from({ length: count }, (_, index) => ({
    type: index % 2 === 0 ? "human" : "ai",
    id: `${title}-${index}`,
    content: `Message ${index}. ${"Words, and more of them. ".repeat(index % 7)}`,
  }));
  await post(`/threads/${id}/state`, { values: { messages }, as_node: "talk" });
  return id;
}

/** Once it has opened a thread, the page looks at it again when it hears what was last: that look waits at the gate. */
async function holdSecondLook(page: Page, gate: NamedGate): Promise<void> {
  let looks = 0;
  await page.route("**/state", async (route) => {
    if (route.request().method() === "GET") looks += 1;
    if (looks === 2) await gate.wait();
    await route.continue();
  });
}

test("what was said differently is a press away: the versions of a message are counted, taken up, and gone on with", async () => {
  await using opened = await openChat();
  const { page, chat, main, message, ask } = opened;
  await ask("one");
  await ask("two");
  const say = async (text: string, next: string) => {
    await message(text).hover();
    await message(text).getByRole("button", { name: "Say it differently" }).click();
    await page.getByRole("textbox", { name: "Your message, said differently" }).fill(next);
    await page.keyboard.press("Enter");
    await main.getByText(`You said: ${next}`).waitFor();
    await chat.idle();
  };
  await say("two", "three");
  await main.getByText("2 of 2").waitFor();
  await say("three", "four");
  await main.getByText("3 of 3").waitFor();
  await expectAccessible(page, "versions of a message");
  await keepShot(page, "versions");
  const second = createGates()("second look");
  await holdSecondLook(page, second);
  await page.reload();
  await main.getByText("3 of 3").waitFor();
  await second.reached;

  // What is pressed while the page looks at the thread once more counts as well.
  await page.getByRole("button", { name: "The version before" }).click();
  second.open();
  await main.getByText("You said: three").waitFor();
  await main.getByText("2 of 3").waitFor();
  await expect.poll(() => main.getByText("four", { exact: true }).count()).toBe(0);
  await page.getByRole("button", { name: "The version before" }).click();
  await main.getByText("You said: two").waitFor();
  await main.getByText("1 of 3").waitFor();
  await expect.poll(() => page.getByRole("button", { name: "The version before" }).isDisabled()).toBe(true);

  await ask("five");
  await page.reload();
  await main.getByText("You said: five").waitFor();
  await main.getByText("You said: two").waitFor();
  await main.getByText("1 of 3").waitFor();
  await page.getByRole("button", { name: "The next version" }).click();
  await main.getByText("You said: three").waitFor();
  await expect.poll(() => main.getByText("five", { exact: true }).count()).toBe(0);
});

test("from any message of the agent the thread goes on differently, and what came after it before stays reachable", async () => {
  await using opened = await openChat();
  const { page, main, message, ask, chat } = opened;
  await ask("alpha");
  expect(
    await page.getByRole("button", { name: "Go on from here differently" }).count(),
    "the newest is gone on from by writing",
  ).toBe(0);
  await ask("beta");
  await message("You said: alpha").hover();
  await message("You said: alpha").getByRole("button", { name: "Go on from here differently" }).click();
  await page.getByRole("textbox", { name: "What to do instead from here on" }).fill("gamma");
  await page.keyboard.press("Enter");
  await main.getByText("You said: gamma").waitFor();
  await chat.idle();
  await expect.poll(() => main.getByText("beta", { exact: true }).count()).toBe(0);
  await main.getByText("You said: alpha").waitFor();
  await main.getByText("2 of 2").waitFor();
  await page.getByRole("button", { name: "The version before" }).click();
  await main.getByText("You said: beta").waitFor();

  await message("You said: beta").hover();
  await message("You said: beta").getByRole("button", { name: "Copy", exact: true }).click();
  await expect.poll(() => opened.copied()).toBe("You said: beta");
  await message("You said: beta").getByRole("button", { name: "Ask again" }).click();
  await main.getByText("of 3").waitFor();
});

test("a link to a message opens the thread there and marks it, also far up; one that is not there says so", async () => {
  const id = await longThread(600);
  await using opened = await openChat(`/#/t/${id}/m/Long-40`);
  const { page, main } = opened;
  const marked = page.locator("[data-marked=true]");
  await marked.getByText("Message 40.", { exact: false }).waitFor();
  await expect
    .poll(() => marked.evaluate((element) => element.getBoundingClientRect().top), patient)
    .toBeGreaterThan(0);
  await expect
    .poll(() => marked.evaluate((element) => element.getBoundingClientRect().top), patient)
    .toBeLessThan(400);
  await expect.poll(() => marked.evaluate((element) => element.matches(":focus")), patient).toBe(true);
  await expectAccessible(page, "a marked message");
  await keepShot(page, "message-marked");
  await marked.hover();
  await marked.getByRole("button", { name: "Copy the link to this message" }).click();
  await expect.poll(() => opened.copied()).toBe(`${site.url}/#/t/${id}/m/Long-40`);
  await page.goto(`${site.url}/#/t/${id}/m/nobody`);
  await main.getByText("it was said in another version of this chat", { exact: false }).waitFor();
});

test("something is found in a chat of 600 messages wherever it is, place by place, and the way back is one press", async () => {
  const id = await longThread(600, "Find");
  await using opened = await openChat(`/#/t/${id}`);
  const { page, main } = opened;
  await main.getByText("Message 599.", { exact: false }).waitFor();
  await page.getByRole("button", { name: "Find in this chat" }).click();
  const field = page.getByRole("searchbox", { name: "Find in this chat" });
  await field.fill("message 12.");
  await page.getByText("1 of 1").waitFor();
  await main.getByText("Message 12.", { exact: false }).waitFor();
  await expect
    .poll(
      () =>
        page.evaluate<number>(
          "[...(CSS.highlights.get('countersign-found-here') ?? [])].filter((one) => one.toString() === 'Message 12.').length",
        ),
      patient,
    )
    .toBe(1);
  await expectAccessible(page, "a search in a chat");
  await keepShot(page, "find-in-chat");
  await field.fill("Message 1");
  await page.getByText("111 of 111").waitFor();
  await field.press("Shift+Enter");
  await page.getByText("110 of 111").waitFor();
  await field.press("Escape");
  await field.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "To the newest" }).click();
  await main.getByText("Message 599.", { exact: false }).waitFor();
});

test("whoever has scrolled up stays there while more is written, and is told how much; at the end one follows", async () => {
  const id = await longThread(40, "Scroll");
  await using opened = await openChat(`/#/t/${id}`);
  const { page, main, chat } = opened;
  await main.getByText("Message 39.", { exact: false }).waitFor();
  const top = () => main.evaluate((element) => element.scrollTop);
  const left = () => main.evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight);
  await expect.poll(left, patient).toBeLessThan(4);
  gate.isOpen = false;
  await chat.ask("stream");
  await expect.poll(() => gate.waiting.length, patient).toBe(1);
  await main.evaluate((element) => {
    element.scrollTop = 200;
  });
  const back = page.getByRole("button", { name: /^To the newest/ });
  await back.waitFor();
  const before = await top();
  open();
  await main.getByText("word399", { exact: false }).waitFor();
  await chat.idle();
  expect(await top(), "nothing moved").toBe(before);
  await expect.poll(() => back.getAttribute("aria-label")).toBe("To the newest: 1 new");
  await expectAccessible(page, "scrolled up while something came");
  await keepShot(page, "to-newest");
  await back.click();
  await back.waitFor({ state: "detached" });
  await expect.poll(left).toBeLessThan(4);
  await chat.ask("and on");
  await main.getByText("You said: and on").waitFor();
  await expect.poll(left, patient).toBeLessThan(4);
});

test("any two checkpoints are compared, and the graph shows the insides of subgraphs, larger and smaller", async () => {
  await using opened = await openChat();
  const { page, ask, chat } = opened;
  await ask("first");
  await ask("second");
  await chat.press("Graph and history");
  await page.getByRole("tab", { name: "History" }).click();
  const list = page.getByRole("list", { name: "Checkpoints, newest first" });
  await list.getByRole("listitem").last().getByRole("button").click();
  const compare = page.getByRole("combobox", { name: "Compared with" });
  await compare.selectOption({ index: 1 });
  const changes = page.getByRole("list", { name: "What changed" });
  await changes.getByText("You said: second", { exact: false }).waitFor();
  expect(await changes.getByRole("img", { name: "removed" }).count(), "from before to after").toBe(0);
  await expectAccessible(page, "two checkpoints compared");
  await keepShot(page, "history-compared");

  await chat.press("New chat");
  await page.getByRole("combobox", { name: "Graph" }).selectOption("nested");
  await chat.ask("go");
  await page.getByText("It waits for an answer in inner.").waitFor();
  await page.getByRole("checkbox", { name: "Insides of subgraphs" }).check();
  await page.locator('[data-node="inner:gate"]').waitFor();
  await expect.poll(() => page.locator('[data-node="inner:gate"]').getAttribute("data-look")).toBe("asking");
  const svg = page.getByRole("complementary").locator("svg[aria-label^='The graph.']");
  const width = () => svg.evaluate((element) => element.getBoundingClientRect().width);
  const before = await width();
  await page.getByRole("button", { name: "Larger" }).click();
  await expect.poll(width).toBeGreaterThan(before);
  await page.getByRole("button", { name: "Fit to the window" }).click();
  await expect.poll(width).toBeLessThanOrEqual(before);
  await page.getByRole("region", { name: "The graph, drawn" }).focus();
  await page.keyboard.press("Tab");
  await expect
    .poll(() => page.evaluate<string>("document.activeElement.getAttribute('aria-label')"))
    .toMatch(/^start: not visited|^start: visited/);
  await expectAccessible(page, "the insides of a graph");
  await keepShot(page, "graph-inside");
});
