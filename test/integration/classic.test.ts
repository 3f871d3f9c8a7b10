import * as sdk115 from "@langchain/langgraph-sdk";
import * as sdk111 from "langgraph-sdk-1-11";
import * as sdk200 from "langgraph-sdk-2";
import { expect, test } from "vitest";
import { ScriptedModel } from "../../src/testing/index.ts";
import {
  getJson,
  observe,
  openInterrupts,
  readEvents,
  sendCommand,
  waitForStatus,
} from "../support/command.ts";
import {
  createAskGraph,
  createNestedGraph,
  createParallelGraph,
  createTalkGraph,
} from "../support/graphs.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

const clients = {
  "1.15.0": sdk115.Client,
  "1.11.0": sdk111.Client as unknown as typeof sdk115.Client,
  "2.0.0": sdk200.Client as unknown as typeof sdk115.Client,
};
const input = { messages: [{ role: "user", content: "hello" }] };

function clientOf(url: string, version: keyof typeof clients = "1.15.0") {
  return new clients[version]({ apiUrl: url, apiKey: null, callerOptions: { maxRetries: 0 } });
}

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of stream) all.push(one);
  return all;
}

const dataOf = (chunks: { event: string; data: unknown }[], event: string) =>
  chunks.filter((chunk) => chunk.event === event).map(({ data }) => data as Record<string, unknown>);

test.each(["1.15.0", "1.11.0", "2.0.0"] as const)(
  "SDK %s: stream to the interrupt, resume, and the same is seen by the thread protocol",
  async (version) => {
    await using directory = await temporaryDirectory();
    await using server = await serve({ graphs: { ask: createAskGraph() }, directory: directory.path });
    const client = clientOf(server.url, version);
    const { thread_id: threadId } = await client.threads.create();
    let created: unknown;
    const first = await collect(
      client.runs.stream(threadId, "ask", {
        input,
        streamMode: ["values", "updates", "messages-tuple"],
        onRunCreated: (run) => {
          created = run;
        },
      }),
    );
    expect(created).toMatchObject({ run_id: expect.any(String), thread_id: threadId });
    expect(first[0]).toMatchObject({ event: "metadata", data: { run_id: expect.any(String), attempt: 1 } });
    const pieces = dataOf(first, "messages") as unknown as [
      { content: string; type: string; id: string },
      object,
    ][];
    const said = pieces.map(([chunk]) => chunk.content).join("");
    expect(said).toBe("I would like to send the letter.");
    expect(new Set(pieces.map(([{ id }]) => id)).size).toBe(1);
    expect(pieces[0]?.[1]).toMatchObject({ langgraph_node: "talk", thread_id: threadId });
    const [question] = dataOf(first, "updates").flatMap(
      ({ __interrupt__ }) => (__interrupt__ as { id: string; value: unknown }[] | undefined) ?? [],
    );
    expect(question).toMatchObject({ value: { question: "Send it?" } });
    expect(dataOf(first, "values").at(-1)).toEqual({ __interrupt__: [question] });
    const thread = await client.threads.get(threadId);
    expect(thread.status).toBe("interrupted");
    expect(Object.values(thread.interrupts).flat()).toMatchObject([{ id: question?.id }]);

    const second = await collect(
      client.runs.stream(threadId, "ask", {
        command: { resume: { send: true } },
        streamMode: ["values", "updates"],
      }),
    );
    expect(dataOf(second, "updates").flatMap(Object.keys)).toEqual(["ask", "act"]);
    const messages = dataOf(second, "values").at(-1)?.messages as { content: string }[];
    expect(messages.map(({ content }) => content)).toEqual([
      "hello",
      "I would like to send the letter.",
      'You said {"send":true}.',
      "Sent.",
    ]);
    const events = await readEvents(server.url, threadId);
    expect(events.filter(({ method }) => method === "input.answered")).toHaveLength(1);
  },
);

test("a resume that can mean two things, or nothing, is refused and changes nothing", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({
    graphs: { ask: createAskGraph(), letters: createParallelGraph() },
    directory: directory.path,
  });
  const client = clientOf(server.url);
  const { thread_id: threadId } = await client.threads.create();
  await client.runs.wait(threadId, "letters", { input: { letters: ["a", "b"] } });
  const before = await observe(server.url, threadId);
  await expect(client.runs.wait(threadId, "letters", { command: { resume: "yes" } })).rejects.toThrow(
    /409.*Several/s,
  );
  const unknown = { ["0".repeat(32)]: "yes" };
  await expect(client.runs.wait(threadId, "letters", { command: { resume: unknown } })).rejects.toThrow(
    /409/,
  );
  expect(await observe(server.url, threadId)).toEqual(before);
  const [first, second] = openInterrupts(await waitForStatus(server.url, threadId, "interrupted"));
  const resume = { [first?.id ?? ""]: "yes", [second?.id ?? ""]: "no" };
  const values = (await client.runs.wait(threadId, "letters", { command: { resume } })) as { sent: string[] };
  expect(values.sent.sort()).toEqual(['a: "yes"', 'b: "no"']);
  await expect(client.runs.wait(threadId, "letters", { command: { resume: "yes" } })).rejects.toThrow(
    /409.*nothing to resume/s,
  );
});

test("wait returns the values, the questions, or the error", async () => {
  await using directory = await temporaryDirectory();
  const failing = createTalkGraph(
    new ScriptedModel({
      script: () => {
        throw new RangeError("kaboom");
      },
    }),
  );
  await using server = await serve({
    graphs: { ask: createAskGraph(), failing },
    directory: directory.path,
    report: () => {},
  });
  const client = clientOf(server.url);
  const { thread_id: threadId } = await client.threads.create();
  const asked = (await client.runs.wait(threadId, "ask", { input })) as Record<string, unknown[]>;
  expect(asked.__interrupt__).toMatchObject([{ value: { question: "Send it?" } }]);
  const done = (await client.runs.wait(threadId, "ask", { command: { resume: { send: true } } })) as {
    messages: unknown[];
  };
  expect(done.messages).toHaveLength(4);
  const other = await client.threads.create();
  const raw = await client.runs.wait(other.thread_id, "failing", { input, raiseError: false });
  expect(raw).toEqual({ __error__: { error: "RangeError", message: "kaboom" } });
  await expect(client.runs.wait(other.thread_id, "failing", { input })).rejects.toThrow(/kaboom/);
  const frames = await collect(client.runs.stream(other.thread_id, "failing", { input })).catch((error) => [
    error,
  ]);
  expect(JSON.stringify(frames)).toContain("kaboom");
});

test("what comes while a run is on is refused, and in the background it waits", async () => {
  await using directory = await temporaryDirectory();
  let letGo = () => {};
  const free = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const model = new ScriptedModel({ script: () => ({ text: "done" }), pause: () => free });
  await using server = await serve({ graphs: { talk: createTalkGraph(model) }, directory: directory.path });
  const client = clientOf(server.url);
  const { thread_id: threadId } = await client.threads.create();
  const first = await client.runs.create(threadId, "talk", { input });
  await expect(client.runs.create(threadId, "talk", { input })).rejects.toThrow(/422/);
  const second = await client.runs.create(threadId, "talk", { input, multitaskStrategy: "enqueue" });
  expect((await client.runs.get(threadId, second.run_id)).status).toBe("pending");
  const joined = collect(client.runs.joinStream(threadId, second.run_id, { lastEventId: "-1" } as never));
  letGo();
  await client.runs.join(threadId, first.run_id);
  const frames = await joined;
  expect(frames.some(({ event }) => event === "values")).toBe(true);
  expect((await client.runs.get(threadId, second.run_id)).status).toBe("success");
});

test("a stream that breaks is taken up behind the last event, without loss or repeat", async () => {
  await using directory = await temporaryDirectory();
  const text = Array.from({ length: 40 }, (_, index) => `word${index} `).join("");
  let letGo = () => {};
  const free = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const model = new ScriptedModel({
    script: () => ({ text }),
    pause: (chunk) => (chunk === 20 ? free : undefined),
  });
  await using server = await serve({ graphs: { talk: createTalkGraph(model) }, directory: directory.path });
  const { thread_id: threadId } = await clientOf(server.url).threads.create();
  const response = await fetch(`${server.url}/threads/${threadId}/runs/stream`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ assistant_id: "talk", input, stream_mode: ["messages-tuple"] }),
  });
  const location = response.headers.get("location");
  expect(location).toMatch(new RegExp(`^/threads/${threadId}/runs/[^/]+/stream$`));
  expect(response.headers.get("content-location")).toBe(location?.replace(/\/stream$/, ""));
  const before = await readSse(
    response,
    (frames) => frames.filter(({ event }) => event === "messages").length === 20,
  );
  const resumed = await fetch(`${server.url}${location}?stream_mode=messages-tuple`, {
    headers: { "last-event-id": before.at(-1)?.id ?? "" },
  });
  letGo();
  const after = await readSse(resumed, () => false);
  const said = [...before, ...after]
    .filter(({ event }) => event === "messages")
    .map(({ data }) => (data as [{ content: string }])[0].content);
  expect(said.join("")).toBe(text);
  expect(after.at(-1)).toMatchObject({ event: "end", data: { status: "success" } });
});

test("a run without a thread gets one of its own; with on_disconnect cancel it ends with its reader", async () => {
  await using directory = await temporaryDirectory();
  const model = new ScriptedModel({ script: () => ({ text: "done" }) });
  let isStarted = false;
  const slow = new ScriptedModel({
    script: () => ({ text: "never" }),
    pause: () => {
      isStarted = true;
      return new Promise<void>(() => {});
    },
  });
  await using server = await serve({
    graphs: { talk: createTalkGraph(model), slow: createTalkGraph(slow) },
    directory: directory.path,
  });
  const client = clientOf(server.url);
  const values = (await client.runs.wait(null, "talk", { input })) as { messages: { content: string }[] };
  expect(values.messages.at(-1)?.content).toBe("done");
  const frames = await collect(client.runs.stream(null, "talk", { input, streamMode: "values" }));
  expect(frames.at(-1)?.event).toMatch(/values|end/);

  const { thread_id: threadId } = await client.threads.create();
  const control = new AbortController();
  const reading = collect(
    client.runs.stream(threadId, "slow", { input, onDisconnect: "cancel", signal: control.signal }),
  ).catch(() => []);
  await expect.poll(() => isStarted, { interval: 10 }).toBe(true);
  control.abort();
  await reading;
  await expect
    .poll(async () => (await client.runs.list(threadId))[0]?.status, { interval: 20 })
    .toBe("interrupted");
});

test("subgraphs, tasks, checkpoints, debug and custom events come in the shapes clients know", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { nested: createNestedGraph() }, directory: directory.path });
  const client = clientOf(server.url);
  const { thread_id: threadId } = await client.threads.create();
  const frames = await collect(
    client.runs.stream(threadId, "nested", {
      input: { notes: ["start"] },
      streamMode: ["values", "updates", "tasks", "checkpoints", "debug", "events"],
      streamSubgraphs: true,
    }),
  );
  const names = new Set(frames.map(({ event }) => event.replace(/:[0-9a-f-]+/g, ":…")));
  for (const name of [
    "values",
    "values|inner:…",
    "updates|inner:…",
    "tasks",
    "tasks|inner:…",
    "checkpoints",
    "debug",
    "events",
  ]) {
    expect(names).toContain(name);
  }
  const interrupts = frames.filter(({ data }) => JSON.stringify(data).startsWith('{"__interrupt__"'));
  expect(interrupts.map(({ event }) => event.replace(/:[0-9a-f-]+/g, ":…"))).toEqual([
    "updates|inner:…",
    "values|inner:…",
    "updates",
    "values",
  ]);
  const [checkpoint] = dataOf(frames as never, "checkpoints");
  expect(checkpoint).toMatchObject({
    values: expect.anything(),
    next: expect.any(Array),
    metadata: { step: expect.any(Number) },
    config: { configurable: { thread_id: threadId } },
  });
  const kinds = dataOf(frames as never, "debug").map(({ type }) => type);
  expect(new Set(kinds)).toEqual(new Set(["checkpoint", "task", "task_result"]));
});

test("a missing thread is a 404, created only on request; a fork and a goto are heard", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { ask: createAskGraph() }, directory: directory.path });
  const client = clientOf(server.url);
  const threadId = crypto.randomUUID();
  await expect(client.runs.wait(threadId, "ask", { input })).rejects.toThrow(/404/);
  await client.runs.wait(threadId, "ask", { input, ifNotExists: "create" });
  expect((await client.threads.get(threadId)).status).toBe("interrupted");
  await expect(client.runs.wait(threadId, "ask", { input })).rejects.toThrow(/409/);
  // What Agent Chat UI sends to put a question away.
  await client.runs.wait(threadId, "ask", { command: { goto: "__end__" } as never });
  expect(await client.threads.get(threadId)).toMatchObject({ status: "idle", interrupts: {} });
  const history = await client.threads.getHistory(threadId);
  const fork = history.find(({ next }) => next[0] === "talk");
  const forked = (await client.runs.wait(threadId, "ask", {
    checkpointId: fork?.checkpoint.checkpoint_id ?? "",
  })) as Record<string, unknown>;
  expect(forked.__interrupt__).toMatchObject([{ value: { question: "Send it?" } }]);
});

test("a thread started in one protocol is answered in the other, and both see it", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { ask: createAskGraph() }, directory: directory.path });
  const client = clientOf(server.url);
  const threadId = crypto.randomUUID();
  const started = await sendCommand(server.url, threadId, {
    method: "run.start",
    params: { assistant_id: "ask", input },
  });
  const joined = await collect(
    client.runs.joinStream(threadId, String(started.result?.run_id), {
      lastEventId: "-1",
      streamMode: "updates",
    } as never),
  );
  expect(dataOf(joined as never, "updates").at(-1)).toMatchObject({
    __interrupt__: [{ value: { question: "Send it?" } }],
  });
  const [found] = await client.threads.search({ status: "interrupted", metadata: { graph_id: "ask" } });
  expect(found?.thread_id).toBe(threadId);
  await client.runs.wait(threadId, "ask", { command: { resume: { send: true } } });
  expect(await getJson(`${server.url}/threads/${threadId}`)).toMatchObject({
    status: "idle",
    interrupts: {},
  });
  const lifecycle = (await readEvents(server.url, threadId))
    .filter(({ method, params }) => method === "lifecycle" && params.namespace.length === 0)
    .map(({ params }) => params.data.event);
  expect(lifecycle).toEqual(["running", "interrupted", "running", "completed"]);
});

interface Frame {
  event: string;
  data: unknown;
  id?: string;
}

async function readSse(response: Response, isEnough: (frames: Frame[]) => boolean): Promise<Frame[]> {
  const frames: Frame[] = [];
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(bytes, { stream: true });
    const parts = text.split("\n\n");
    text = parts.pop() ?? "";
    for (const part of parts) {
      if (part.startsWith(":")) continue;
      const field = (name: string) =>
        part
          .split("\n")
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2);
      const id = field("id");
      frames.push({
        event: field("event") ?? "",
        data: JSON.parse(field("data") ?? "null"),
        ...(id ? { id } : {}),
      });
      if (isEnough(frames)) return frames;
    }
  }
  return frames;
}

test("a server that stops breaks a run's stream off without an end, and the next one goes on with it", async () => {
  await using directory = await temporaryDirectory();
  let letGo = () => {};
  const free = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const model = new ScriptedModel({
    script: () => ({ text: "one two three" }),
    pause: (chunk) => (chunk === 1 ? free : undefined),
  });
  const options = { graphs: { talk: createTalkGraph(model) }, directory: directory.path };
  await using first = await serve(options);
  const { thread_id: threadId } = await clientOf(first.url).threads.create();
  const response = await fetch(`${first.url}/threads/${threadId}/runs/stream`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ assistant_id: "talk", input, stream_mode: "values", on_disconnect: "cancel" }),
  });
  let read = "";
  const reading = (async () => {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>)
      read += new TextDecoder().decode(chunk);
  })();
  await expect.poll(() => read, { interval: 10 }).toContain("event: values");
  await Promise.all([expect(reading).rejects.toThrow(), first.server.close({ graceMs: 0 })]);
  expect(read).not.toContain("event: end");
  await using second = await serve(options);
  letGo();
  const rest = await fetch(`${second.url}${response.headers.get("location")}`, {
    headers: { "last-event-id": "-1" },
  });
  const after = await readSse(rest, () => false);
  expect(after.at(-1)).toMatchObject({ event: "end", data: { status: "success" } });
});
