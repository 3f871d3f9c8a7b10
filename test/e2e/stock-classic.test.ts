import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, visit } from "../support/browser.ts";
import { openInterrupts, sendCommand, waitForStatus } from "../support/command.ts";
import { temporaryDirectory } from "../support/serve.ts";
import { buildPage, serveSite } from "../support/site.ts";
import { createChatGraph, createGate } from "../support/site-graphs.ts";
import { onSite } from "../support/site-page.ts";

/** The older `useStream`, of three builds of the SDK, unchanged, in a browser. */

const builds = [
  ["1.15.0", "@langchain/langgraph-sdk"],
  ["1.11.0", "langgraph-sdk-1-11"],
  ["2.0.0", "langgraph-sdk-2"],
] as const;

let browser: Browser;
let pages: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  browser = await launchBrowser();
  pages = await temporaryDirectory();
  for (const [version, sdk] of builds) await buildPage("classic.jsx", sdk, join(pages.path, version));
});
afterAll(async () => {
  await browser.close();
  await pages[Symbol.asyncDispose]();
});

async function setUp(directory: string, version: string) {
  const gate = createGate();
  const site = await serveSite({
    directory,
    page: join(pages.path, version),
    graphs: { chat: createChatGraph(gate) },
  });
  const visitor = await visit(browser);
  const at = onSite(visitor.page);
  await visitor.page.goto(`${site.url}/?graph=chat`);
  return {
    gate,
    site,
    at,
    /** The last message. */
    last: async () => (await at.messages()).at(-1),
    complaints: visitor.complaints,
    async [Symbol.asyncDispose](): Promise<void> {
      gate.open();
      await visitor[Symbol.asyncDispose]();
      await site[Symbol.asyncDispose]();
    },
  };
}

const threadOf = (page: Page) => new URL(page.url()).searchParams.get("thread") ?? "";

test.each(builds.map(([version]) => version))(
  "classic useStream of SDK %s: a new thread, a question, a reload, the answer; the other protocol sees it",
  async (version) => {
    await using directory = await temporaryDirectory();
    await using chat = await setUp(directory.path, version);
    const { at, last, site, complaints } = chat;
    await at.act("Say", "ask me");
    const before = ["ask me", "You said: ask me and that was it."];
    await at.shows({ messages: before, questions: ['{"question":"Shall I?"}'], state: "still" });
    await at.page.reload();
    await at.shows({ messages: before, questions: ['{"question":"Shall I?"}'], state: "still" });
    await at.act("Answer", "", "yes");
    const after = [...before, 'Answered "yes".'];
    await at.shows({ messages: after, questions: [], state: "still", error: "" });
    await at.page.reload();
    await at.shows({ messages: after, questions: [], state: "still" });

    // A question that comes from the thread protocol is shown after a reload, and answered here.
    const threadId = threadOf(at.page);
    const input = { messages: [{ role: "user", content: "ask again" }] };
    await sendCommand(site.url, threadId, { method: "run.start", params: { assistant_id: "chat", input } });
    expect(openInterrupts(await waitForStatus(site.url, threadId, "interrupted"))).toHaveLength(1);
    await at.page.reload();
    await at.shows({ questions: ['{"question":"Shall I?"}'] });
    await at.act("Answer", "", "no");
    await expect.poll(last).toBe('Answered "no".');
    await at.shows({ questions: [], state: "still" });
    expect(complaints).toEqual([]);
  },
);

test.each(builds.map(([version]) => version))(
  "classic useStream of SDK %s: what is said while a run is on waits; a reload goes on with the stream; stop stops",
  async (version) => {
    await using directory = await temporaryDirectory();
    await using chat = await setUp(directory.path, version);
    const { at, last, gate, site } = chat;
    gate.shut();
    await at.act("Say", "one");
    await at.shows({ messages: ["one", "You said: "], state: "running" });
    await at.act("Say", "two");
    gate.open();
    await at.shows({
      messages: ["one", "You said: one and that was it.", "two", "You said: two and that was it."],
      state: "still",
      error: "",
    });

    gate.shut();
    await at.act("Say", "three");
    await at.shows({ state: "running" });
    await expect.poll(last).toBe("You said: ");
    await at.page.reload();
    await expect.poll(last).toBe("You said: ");
    gate.open();
    await expect.poll(last).toBe("You said: three and that was it.");
    await at.shows({ state: "still" });

    gate.shut();
    await at.act("Say", "four");
    await expect.poll(last).toBe("You said: ");
    await at.act("Stop");
    await at.shows({ state: "still" });
    await waitForStatus(site.url, threadOf(at.page), "idle");
  },
);

test.each(builds.map(([version]) => version))(
  "classic useStream of SDK %s: the server restarts in the middle of a stream, and the page gets the rest of it",
  async (version) => {
    await using directory = await temporaryDirectory();
    await using chat = await setUp(directory.path, version);
    const { at, gate, site } = chat;
    gate.shut();
    await at.act("Say", "one");
    await at.shows({ messages: ["one", "You said: "], state: "running" });
    await site.restart();
    gate.open();
    await at.shows({ messages: ["one", "You said: one and that was it."], state: "still", error: "" });
  },
);
