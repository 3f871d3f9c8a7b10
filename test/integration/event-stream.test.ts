import { Client } from "@langchain/langgraph-sdk";
import { expect, test } from "vitest";
import { ScriptedModel } from "../../src/testing/index.ts";
import {
  allChannels,
  openEvents,
  openInterrupts,
  readEvents,
  sendCommand,
  type WireEvent,
  waitForStatus,
} from "../support/command.ts";
import { createAskGraph, createNestedGraph, createTalkGraph } from "../support/graphs.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

const input = { messages: [{ role: "user", content: "hello" }] };

async function runAsk(url: string): Promise<string> {
  const threadId = crypto.randomUUID();
  await sendCommand(url, threadId, { method: "run.start", params: { assistant_id: "ask", input } });
  await waitForStatus(url, threadId, "interrupted");
  return threadId;
}

function describe({ method, params }: WireEvent): string {
  const { event } = params.data as { event?: string };
  return `${method}${event ? ` ${event}` : ""}${params.namespace.length > 0 ? ` @${params.namespace.map((one) => one.split(":")[0])}` : ""}`;
}

test("a run with a question is told in the order that clients rely on", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { ask: createAskGraph() }, directory: directory.path });
  const threadId = await runAsk(server.url);
  const events = await readEvents(server.url, threadId);
  const told = events.map(describe);
  expect(told[0]).toBe("lifecycle running");
  expect(told.at(-1)).toBe("lifecycle interrupted");
  expect(told.filter((one) => !one.startsWith("messages content-block-delta"))).toEqual([
    "lifecycle running",
    "tasks",
    "lifecycle started @talk",
    "messages message-start @talk",
    "messages content-block-start @talk",
    "messages content-block-finish @talk",
    "messages message-finish @talk",
    "updates",
    "tasks",
    "lifecycle completed @talk",
    "checkpoints",
    "values",
    "tasks",
    "tasks",
    "input.requested",
    "lifecycle interrupted",
  ]);
  const requested = events.find(({ method }) => method === "input.requested");
  expect(requested?.params.data).toMatchObject({
    payload: { question: "Send it?" },
    value: { question: "Send it?" },
    response_schema: { type: "object" },
  });
  const created = events.find(({ method, params }) => method === "tasks" && "input" in params.data);
  expect(created?.params.data).toMatchObject({
    name: "talk",
    input: { messages: [{ type: "human", content: "hello" }] },
  });
});

test("seq and event ids are unique, rising, and the same for every reader, before and after a restart", async () => {
  await using directory = await temporaryDirectory();
  const graphs = { ask: createAskGraph() };
  const first = await serve({ graphs, directory: directory.path });
  const threadId = await runAsk(first.url);
  const before = await readEvents(first.url, threadId);
  await first.stop();

  await using second = await serve({ graphs, directory: directory.path });
  const after = await readEvents(second.url, threadId);
  expect(after).toEqual(before);
  const [{ id } = { id: "" }] = openInterrupts(await waitForStatus(second.url, threadId, "interrupted"));
  await sendCommand(second.url, threadId, {
    method: "input.respond",
    params: { interrupt_id: id, response: { send: true } },
  });
  await waitForStatus(second.url, threadId, "idle");
  const all = await readEvents(second.url, threadId);
  const seqs = all.map(({ seq }) => seq);
  expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  expect(new Set(all.map((event) => event.event_id)).size).toBe(all.length);
  expect(all.slice(before.length - 2).map(describe)).toContain("input.answered");
  const runIds = all
    .filter(({ method, params }) => method === "lifecycle" && params.namespace.length === 0)
    .map((event) => event.event_id.split(":").slice(0, 2).join(":"));
  expect(new Set(runIds).size).toBe(2);
  expect(runIds.every((id) => id.startsWith("synth:"))).toBe(true);
});

test("`since` starts behind a seq, channels and namespaces narrow what comes", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { ask: createAskGraph() }, directory: directory.path });
  const threadId = await runAsk(server.url);
  const all = await readEvents(server.url, threadId);
  const middle = all[5]?.seq ?? 0;
  expect(await readEvents(server.url, threadId, { since: middle })).toEqual(
    all.filter(({ seq }) => seq > middle),
  );

  await using root = openEvents(server.url, threadId, {
    channels: ["lifecycle", "messages"],
    namespaces: [[]],
    depth: 0,
  });
  const seen: WireEvent[] = [];
  for await (const event of root.events) {
    seen.push(event);
    if (event.params.data.event === "interrupted") break;
  }
  expect(seen.map(describe)).toEqual(["lifecycle running", "lifecycle interrupted"]);

  await using talk = openEvents(server.url, threadId, { channels: ["messages"], namespaces: [["talk"]] });
  for await (const event of talk.events) {
    expect(event.params.namespace[0]).toMatch(/^talk:/);
    if (event.params.data.event === "message-finish") break;
  }
});

test("a stream that is opened before its thread exists tells of it from the first event", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { ask: createAskGraph() }, directory: directory.path });
  const threadId = crypto.randomUUID();
  await using stream = openEvents(server.url, threadId, { channels: ["lifecycle"] });
  expect((await stream.response).status).toBe(200);
  await sendCommand(server.url, threadId, { method: "run.start", params: { assistant_id: "ask", input } });
  const { value } = await stream.events.next();
  expect(value).toMatchObject({ seq: 1, params: { data: { event: "running", graph_name: "ask" } } });
});

test("ten threads at once: every reader gets every token of its own thread, and none of another's", async () => {
  await using directory = await temporaryDirectory();
  const words = 200;
  const graph = createTalkGraph(
    new ScriptedModel({
      script: async (messages) => {
        const name = messages.at(-1)?.text ?? "";
        return { text: Array.from({ length: words }, (_, index) => `${name}-${index} `).join("") };
      },
    }),
  );
  await using server = await serve({ graphs: { talk: graph }, directory: directory.path });
  const readOne = async (name: string): Promise<string> => {
    const threadId = crypto.randomUUID();
    const content = { messages: [{ role: "user", content: name }] };
    await using stream = openEvents(server.url, threadId, { channels: ["messages", "lifecycle"] });
    await stream.response;
    await sendCommand(server.url, threadId, {
      method: "run.start",
      params: { assistant_id: "talk", input: content },
    });
    let text = "";
    for await (const { method, params } of stream.events) {
      const { event, delta, content } = params.data as {
        event: string;
        delta?: { text: string };
        content?: { text: string };
      };
      if (event === "content-block-delta") text += delta?.text;
      // Whoever lags behind the end of a run gets the block whole, and its deltas no more.
      if (event === "content-block-finish") text = content?.text ?? "";
      if (method === "lifecycle" && params.namespace.length === 0 && event === "completed") return text;
    }
    return text;
  };
  const names = Array.from({ length: 10 }, (_, index) => `thread${index}`);
  const texts = await Promise.all(names.map(readOne));
  for (const [index, name] of names.entries()) {
    expect(texts[index]).toBe(Array.from({ length: words }, (_, word) => `${name}-${word} `).join(""));
  }
});

test("a reader that stops reading holds up nobody", async () => {
  await using directory = await temporaryDirectory();
  const text = Array.from({ length: 3000 }, (_, index) => `${"word".repeat(20)}${index} `).join("");
  const graph = createTalkGraph(new ScriptedModel({ script: () => ({ text }) }));
  await using server = await serve({ graphs: { talk: graph }, directory: directory.path });
  const threadId = crypto.randomUUID();
  await using stalled = openEvents(server.url, threadId, { channels: allChannels });
  await stalled.response; // its body is never read
  await using healthy = openEvents(server.url, threadId, { channels: allChannels });
  await sendCommand(server.url, threadId, { method: "run.start", params: { assistant_id: "talk", input } });
  let last: WireEvent | undefined;
  for await (const event of healthy.events) {
    last = event;
    if (
      event.method === "lifecycle" &&
      event.params.namespace.length === 0 &&
      event.params.data.event === "completed"
    )
      break;
  }
  expect(last?.params.data).toMatchObject({ event: "completed" });
  // The stalled one has lost nothing either: it catches up from where it stands.
  const finished: unknown[] = [];
  for await (const event of stalled.events) {
    const { event: kind, content } = event.params.data as { event?: string; content?: { text: string } };
    if (kind === "content-block-finish") finished.push(content?.text);
    if (event.seq === last?.seq) break;
  }
  expect(finished).toEqual(["ready", text].slice(-finished.length));
  expect(finished.at(-1)).toBe(text);
});

test("after a run, replay holds the last state once, and it is the thread's state", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { nested: createNestedGraph() }, directory: directory.path });
  const threadId = crypto.randomUUID();
  await sendCommand(server.url, threadId, {
    method: "run.start",
    params: { assistant_id: "nested", input: { notes: ["start"] } },
  });
  const thread = await waitForStatus(server.url, threadId, "interrupted");
  const [interrupt] = openInterrupts(thread);
  const asked = (await readEvents(server.url, threadId)).find(({ method }) => method === "input.requested");
  expect(asked?.params.namespace[0]).toMatch(/^inner:/);
  const client = new Client({ apiUrl: server.url });
  const state = await client.threads.getState(threadId);
  expect(state.tasks[0]?.interrupts.map(({ id }) => id)).toEqual([interrupt?.id]);

  // After a reload clients send the root's namespace for a nested question.
  const reply = await sendCommand(server.url, threadId, {
    method: "input.respond",
    params: { namespace: [], interrupt_id: interrupt?.id, response: "yes" },
  });
  expect(reply.type).toBe("success");
  await waitForStatus(server.url, threadId, "idle");
  const values = (await readEvents(server.url, threadId, { channels: ["values"] })).filter(
    ({ params }) => params.namespace.length === 0,
  );
  expect(values.map(({ params }) => params.data)).toEqual([
    { notes: ["start", "start", "prepared", 'answered "yes"', "after"] },
  ]);
  expect((await client.threads.getState(threadId)).values).toEqual(values[0]?.params.data);
});
