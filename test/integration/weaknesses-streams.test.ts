import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ScriptedModel } from "../../src/testing/index.ts";
import { clients, sdkVersions } from "../support/both-stores.ts";
import { allChannels, openEvents, readEvents, sendCommand } from "../support/command.ts";
import type { Frame } from "../support/frames.ts";
import { createTalkGraph } from "../support/graphs.ts";
import { input, openRows, type Row } from "../support/rows.ts";
import { openSocket } from "../support/socket.ts";

/** What the servers of docs/reference-servers.md do to those who listen. */

const long = Array.from({ length: 2_000 }, (_, index) => `${"word".repeat(20)}${index} `).join("");
const Loud = Annotation.Root({ said: Annotation<string> });

/** Writes a megabyte to its stream. */
const loud = new StateGraph(Loud)
  .addNode("shout", (_state, config) => {
    for (let index = 0; index < 10; index += 1) config.writer?.({ noise: `${index}`.repeat(100_000) });
    return { said: "much" };
  })
  .addEdge(START, "shout")
  .addEdge("shout", END);

let at: Row;
beforeAll(async () => {
  const talk = createTalkGraph(new ScriptedModel({ script: () => ({ text: long }) }));
  at = await openRows({ graphs: { loud, talk }, limits: { streamsPerThread: 20 } });
});
afterAll(() => at[Symbol.asyncDispose]());
beforeEach(() => at.gate.open());

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
function heapUsed(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

/** Reads a healthy reader's stream up to the end of the run. */
async function readToEnd(stream: ReturnType<typeof openEvents>): Promise<number> {
  let seen = 0;
  for await (const { method, params } of stream.events) {
    seen += 1;
    if (method === "lifecycle" && params.namespace.length === 0 && params.data.event === "completed") break;
  }
  return seen;
}

const textOf = (frames: Frame[]) =>
  frames
    .filter(({ event }) => event === "messages")
    .map(({ data }) => (data as [{ content: string }])[0].content)
    .join("");
const answer = "You said: one and that was it.";

test("D15: threads that are done leave nothing in memory, however much they said", async () => {
  const run = async () => {
    const threadId = crypto.randomUUID();
    await at.command(threadId, "run.start", { assistant_id: "loud", input: { said: "" } });
    await at.until(threadId, "idle");
    await at.call("POST /threads/:id/runs".replace(":id", threadId), {
      assistant_id: "loud",
      input: { said: "" },
      stream_resumable: true,
    });
    await at.until(threadId, "idle");
  };
  for (let index = 0; index < 4; index += 1) await run();
  const before = heapUsed();
  for (let index = 0; index < 25; index += 1) await run();
  // They said 50 megabytes.
  expect(heapUsed() - before).toBeLessThan(15e6);
});

test("D16: a reader that stops reading holds up nobody, and costs no more than where it stands", async () => {
  const threadId = crypto.randomUUID();
  const stalled = Array.from({ length: 3 }, () => openEvents(at.url, threadId, { channels: allChannels }));
  for (const { response } of stalled) await response; // their bodies are never read
  await using healthy = openEvents(at.url, threadId, { channels: allChannels });
  await healthy.response;
  const before = heapUsed();
  await at.command(threadId, "run.start", { assistant_id: "talk", input });
  expect(await readToEnd(healthy)).toBeGreaterThan(5);
  expect(heapUsed() - before).toBeLessThan(15e6);
  for (const one of stalled) await one[Symbol.asyncDispose]();
});

test("E7: a socket that stops reading holds up nobody either", async () => {
  const threadId = crypto.randomUUID();
  using stalled = openSocket(at.url, threadId);
  await stalled.opened;
  await stalled.command("subscription.subscribe", { channels: allChannels });
  stalled.socket.pause();
  using healthy = openSocket(at.url, threadId);
  await healthy.opened;
  await healthy.command("subscription.subscribe", { channels: allChannels });
  await at.command(threadId, "run.start", { assistant_id: "talk", input });
  const ends = (socket: typeof healthy) =>
    socket
      .events("lifecycle")
      .some(({ params }) => params?.data.event === "completed" && !params.namespace.length);
  await expect.poll(() => ends(healthy), { timeout: 20_000 }).toBe(true);
  stalled.socket.resume();
  await expect.poll(() => ends(stalled), { timeout: 20_000 }).toBe(true);
  const texts = ({ events }: typeof healthy) =>
    events("messages").flatMap(({ params }) =>
      params?.data.event === "content-block-finish" ? params.data.content : [],
    );
  expect(texts(stalled)).toEqual(texts(healthy));
});

test("D17: two tabs on one thread each get all events and their own replies; closing one leaves the other", async () => {
  const threadId = crypto.randomUUID();
  const one = openSocket(at.url, threadId);
  using two = openSocket(at.url, threadId);
  for (const tab of [one, two]) {
    await tab.opened;
    await tab.command("subscription.subscribe", { channels: ["lifecycle", "input"] });
  }
  await one.command("run.start", { assistant_id: "ask", input });
  await expect.poll(() => two.events("input.requested").length).toBe(1);
  await expect.poll(() => one.events()).toEqual(two.events());
  expect(two.frames.filter(({ type }) => type === "success")).toHaveLength(1);
  one[Symbol.dispose]();
  await one.closed;
  const [asked] = two.events("input.requested");
  const reply = await two.command("input.respond", {
    interrupt_id: asked?.params?.data.interrupt_id,
    response: { send: true },
  });
  expect(reply).toMatchObject({ type: "success" });
  await expect.poll(() => two.events().at(-1)?.params?.data.event).toBe("completed");
});

test("D18: commands by HTTP and a socket that listens go together, whichever was there first", async () => {
  const threadId = crypto.randomUUID();
  await at.command(threadId, "run.start", { assistant_id: "ask", input });
  using socket = openSocket(at.url, threadId);
  await socket.opened;
  await socket.command("subscription.subscribe", { channels: ["lifecycle", "input"] });
  await expect.poll(() => socket.events("input.requested").length).toBe(1);
  const [asked] = socket.events("input.requested");
  const id = asked?.params?.data.interrupt_id;
  await at.command(threadId, "input.respond", { interrupt_id: id, response: { send: true } });
  await expect.poll(() => socket.events().at(-1)?.params?.data.event).toBe("completed");
});

test("D20: nothing waits for a poll: with no timer that fires, a run starts, ends, and is told of to its end", async () => {
  const { setTimeout: later, setInterval: often } = globalThis;
  const never = () => later(() => {}, 0);
  globalThis.setTimeout = ((told: () => void, ms = 0) => (ms < 20 ? later(told, ms) : never())) as never;
  globalThis.setInterval = never as never;
  try {
    await using rows = await openRows();
    const threadId = crypto.randomUUID();
    await using stream = openEvents(rows.url, threadId, { channels: allChannels });
    await stream.response;
    await sendCommand(rows.url, threadId, { method: "run.start", params: { assistant_id: "chat", input } });
    expect(await readToEnd(stream)).toBeGreaterThan(5);
    const frames = await rows.frames("POST /runs/stream", { body: { assistant_id: "chat", input } });
    expect(frames.at(-1)?.event).toBe("end");
    const { body } = await rows.call("POST /runs/wait", { assistant_id: "chat", input });
    expect(body).toHaveProperty("messages");
  } finally {
    globalThis.setTimeout = later;
    globalThis.setInterval = often;
  }
});

test("D21: two who join one run get all of it, each; so does who joins when it has ended", async () => {
  const { threadId, runId } = await at.held();
  const join = () =>
    at.frames(`GET /threads/${threadId}/runs/${runId}/stream?stream_mode=messages-tuple`, {
      headers: { "last-event-id": "-1" },
    });
  const both = Promise.all([join(), join()]);
  at.gate.open();
  for (const frames of [...(await both), await join()]) expect(textOf(frames)).toBe(answer);
});

test("D22: a stock client whose connection breaks comes back to the place where it was, and is told the end", async () => {
  at.gate.shut();
  let back = 0;
  const read = await Promise.all(
    sdkVersions.map(async (version) => {
      let requests = 0;
      const client = new clients[version]({
        apiUrl: at.url,
        apiKey: null,
        callerOptions: {
          maxRetries: 0,
          // The first connection breaks in the middle of what is said.
          fetch: async (...request: Parameters<typeof fetch>) => {
            requests += 1;
            const response = await fetch(...request);
            back += requests - 1;
            if (back === sdkVersions.length) at.gate.open();
            return requests === 1 ? breakAfter(response, "said: ") : response;
          },
        },
      });
      const messages = [{ role: "user", content: "one" }];
      let said = "";
      const streamMode = ["messages-tuple" as const];
      for await (const { event, data } of client.runs.stream(await at.empty(), "chat", {
        input: { messages },
        streamMode,
      })) {
        if (event === "messages") said += (data as unknown as [{ content: string }])[0].content;
      }
      return { version, said, requests };
    }),
  );
  expect(read).toEqual(sdkVersions.map((version) => ({ version, said: answer, requests: 2 })));
  const response = await at.request("POST /runs/stream", { assistant_id: "chat", input });
  expect(response.headers.get("location")).toMatch(/\/stream$/);
  expect(await response.text()).toMatch(/^: heartbeat\n\n[\s\S]*event: end\n/);
});

/** The body fails right behind the chunk with this text. */
function breakAfter(response: Response, text: string): Response {
  const decoder = new TextDecoder();
  let isOver = false;
  const broken = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      if (isOver) return controller.error(new TypeError("terminated"));
      controller.enqueue(chunk);
      isOver = decoder.decode(chunk, { stream: true }).includes(text);
      if (isOver) setTimeout(() => controller.error(new TypeError("terminated")), 5);
    },
  });
  return new Response(response.body?.pipeThrough(broken), response);
}

test("E5: a client that goes stops nothing unless it said so; the run is found again, with ids to go on from", async () => {
  at.gate.shut();
  const open = async (on_disconnect: string | undefined) => {
    const threadId = await at.empty();
    const control = new AbortController();
    const response = await fetch(`${at.url}/threads/${threadId}/runs/stream`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ assistant_id: "chat", input, on_disconnect, stream_mode: "messages-tuple" }),
      signal: control.signal,
    });
    await at.until(threadId, "busy");
    return { threadId, location: response.headers.get("location"), leave: () => control.abort() };
  };
  const readers = [await open("continue"), await open(undefined), await open("cancel")];
  for (const { leave } of readers) leave();
  // When the server has noticed that this one is gone, it has noticed the others.
  await at.until(readers[2]?.threadId ?? "", "idle");
  const joined = readers.map(({ location }) =>
    at.frames(`GET ${location}`, { headers: { "last-event-id": "-1" } }),
  );
  at.gate.open();
  const [first = [], second = [], stopped = []] = await Promise.all(joined);
  for (const frames of [first, second]) {
    expect(textOf(frames)).toBe("You said: hello and that was it.");
    expect(frames.slice(0, -1).every(({ id }) => /^\d+/.test(id))).toBe(true);
  }
  expect(stopped.at(-1)?.data).toMatchObject({ status: "interrupted" });
});

test("E13: sockets are sent what they asked for, and those that are gone leave nothing behind", async () => {
  const { threadId } = await at.asked("nested", { notes: ["start"] });
  const open = async () => {
    using socket = openSocket(at.url, threadId);
    await socket.opened;
    await socket.command("subscription.subscribe", { channels: ["input"] });
    await expect.poll(() => socket.events().length, { interval: 2 }).toBe(1);
    expect(socket.events("input.requested")).toHaveLength(1);
  };
  for (let index = 0; index < 20; index += 1) await open();
  const before = heapUsed();
  for (let index = 0; index < 50; index += 1) {
    // One more than may be open at a time is let in, since the others are gone.
    await open();
    await at.empty();
  }
  expect(heapUsed() - before).toBeLessThan(5e6);
  expect((await readEvents(at.url, threadId)).length).toBeGreaterThan(1);
});
