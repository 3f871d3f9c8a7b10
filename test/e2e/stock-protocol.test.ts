import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, visit } from "../support/browser.ts";
import { waitForStatus } from "../support/command.ts";
import { temporaryDirectory } from "../support/serve.ts";
import { buildPage, serveSite } from "../support/site.ts";
import { createChatGraph, createGate, createLettersGraph } from "../support/site-graphs.ts";
import { onSite } from "../support/site-page.ts";

/** `useStream` of `@langchain/react` over two builds of the SDK, unchanged, in a browser. */

const builds = [
  ["1.15.0", "@langchain/langgraph-sdk"],
  ["1.11.0", "langgraph-sdk-1-11"],
] as const;
const versions = builds.map(([version]) => version);

let browser: Browser;
let pages: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  browser = await launchBrowser();
  pages = await temporaryDirectory();
  for (const [version, sdk] of builds) await buildPage("protocol.jsx", sdk, join(pages.path, version));
});
afterAll(async () => {
  await browser.close();
  await pages[Symbol.asyncDispose]();
});

async function setUp(directory: string, version: string, graph = "chat") {
  const gate = createGate();
  const site = await serveSite({
    directory,
    page: join(pages.path, version),
    graphs: { chat: createChatGraph(gate), letters: createLettersGraph() },
  });
  const visitor = await visit(browser);
  const at = onSite(visitor.page);
  await visitor.page.goto(`${site.url}/?graph=${graph}`);
  return {
    gate,
    site,
    at,
    complaints: visitor.complaints,
    threadId: () => new URL(visitor.page.url()).searchParams.get("thread") ?? "",
    async [Symbol.asyncDispose](): Promise<void> {
      gate.open();
      await visitor[Symbol.asyncDispose]();
      await site[Symbol.asyncDispose]();
    },
  };
}

const ask = (letter: string) => JSON.stringify({ letter });
const firstPart = ["one", "You said: "];

test.each(versions)(
  "@langchain/react with SDK %s: parallel questions of subgraphs, after a reload too, answered all at once",
  async (version) => {
    await using directory = await temporaryDirectory();
    await using chat = await setUp(directory.path, version, "letters");
    const { at, site, complaints } = chat;
    await at.act("Start", "", { letters: ["a", "b", "c"] });
    await at.shows({ questions: ["a", "b", "c"].map(ask), state: "still" });
    await at.page.reload();
    await at.shows({ questions: ["a", "b", "c"].map(ask), state: "still" });
    await at.act("Answer all", "", "ok");
    await at.shows({ questions: [], state: "still", error: "" });
    await waitForStatus(site.url, chat.threadId(), "idle");
    await expect
      .poll(async () => (await at.values()).sent)
      .toEqual(expect.arrayContaining(['a: "ok"', 'b: "ok"', 'c: "ok"']));
    expect(complaints).toEqual([]);
  },
);

test.each(versions)(
  "@langchain/react with SDK %s: two tabs, one of them answers, and stop ends a run for both",
  async (version) => {
    await using directory = await temporaryDirectory();
    await using chat = await setUp(directory.path, version);
    const { at, gate, site } = chat;
    gate.shut();
    await at.act("Say", "one");
    await at.shows({ messages: firstPart, state: "running" });
    await using second = await visit(browser);
    const other = onSite(second.page);
    await second.page.goto(at.page.url());
    await other.shows({ messages: firstPart, state: "running" });
    // Not after a reload: there SDK 1.11.0 takes the end of an older run for that of its own (1.12.9 does not).
    await at.act("Stop");
    await at.shows({ state: "still" });
    await waitForStatus(site.url, chat.threadId(), "idle");
    await other.shows({ state: "still" });
    gate.open();

    await at.act("Say", "ask me");
    await at.shows({ questions: ['{"question":"Shall I?"}'], state: "still" });
    await other.shows({ questions: ['{"question":"Shall I?"}'], state: "still" });
    await other.act("Answer", "", "yes");
    for (const tab of [other, at]) {
      await expect.poll(tab.messages).toContain('Answered "yes".');
      await tab.shows({ state: "still" });
    }
    await other.shows({ questions: [] });
    if (version === "1.11.0") {
      // It knows no `input.answered` yet: the card stays, but it cannot do harm.
      await at.act("Answer", "", "no");
      await expect.poll(at.error).toContain("was answered by");
      await at.page.reload();
    }
    // A page that has loaded nothing yet has no questions either.
    await expect.poll(at.messages).toContain('Answered "yes".');
    await at.shows({ questions: [], state: "still" });
  },
);

test.each(versions)(
  "@langchain/react with SDK %s: what is queued runs in its turn; a fork goes on from before the first message",
  async (version) => {
    await using directory = await temporaryDirectory();
    await using chat = await setUp(directory.path, version);
    const { at, gate } = chat;
    gate.shut();
    await at.act("Say", "one");
    await at.shows({ messages: firstPart, state: "running" });
    await at.act("Queue", "two");
    await at.act("Queue", "three");
    await at.shows({ queued: 2 });
    gate.open();
    const said = (word: string) => [word, `You said: ${word} and that was it.`];
    await at.shows({ messages: ["one", "two", "three"].flatMap(said), queued: 0, state: "still", error: "" });
    await at.act("Fork", "four");
    await expect.poll(at.messages).toEqual(expect.arrayContaining(said("four")));
    // SDK 1.11.0 keeps what it has of later steps until a reload.
    if (version !== "1.11.0") await at.shows({ messages: said("four"), state: "still", error: "" });
    await at.shows({ state: "still", error: "" });
    await at.page.reload();
    await at.shows({ messages: said("four"), state: "still" });
  },
);

test.each(versions)(
  "@langchain/react with SDK %s: the server restarts in the middle of a stream, and the page gets the rest of it",
  async (version) => {
    await using directory = await temporaryDirectory();
    await using chat = await setUp(directory.path, version);
    const { at, gate, site } = chat;
    gate.shut();
    await at.act("Say", "one");
    await at.shows({ messages: firstPart, state: "running" });
    await site.restart();
    gate.open();
    await at.shows({ messages: ["one", "You said: one and that was it."], state: "still", error: "" });
    await at.act("Say", "ask on");
    await at.shows({ questions: ['{"question":"Shall I?"}'], state: "still" });
  },
);
