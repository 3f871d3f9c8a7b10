import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { END, interrupt, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { ScriptedModel } from "../../src/testing/index.ts";
import { sendCommand, waitForStatus } from "../support/command.ts";
import { type SdkVersion, sdks } from "../support/conversation.ts";
import { createNestedGraph, createParallelGraph } from "../support/graphs.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

const input = { messages: [{ role: "user", content: "hello" }] };

/** Says something, tells how far it is on a channel of its own, and asks. The model waits before its second word. */
function createTellingGraph(free: Promise<void> = Promise.resolve()) {
  const pause = (chunk: number) => (chunk === 1 ? free : undefined);
  const model = new ScriptedModel({ script: () => ({ text: "I am on my way." }), pause });
  return new StateGraph(MessagesAnnotation)
    .addNode("talk", async (state, config: LangGraphRunnableConfig) => {
      for (const done of [1, 2]) config.writer?.({ name: "progress", payload: { done } });
      return { messages: [await model.invoke(state.messages)] };
    })
    .addNode("ask", () => ({
      messages: [{ role: "ai", content: `Answered ${interrupt({ ready: true })}.` }],
    }))
    .addEdge(START, "talk")
    .addEdge("talk", "ask")
    .addEdge("ask", END);
}

const cases = (["1.15.0", "1.11.0"] as const).flatMap((version) =>
  (["sse", "websocket"] as const).map((transport): [SdkVersion, "sse" | "websocket"] => [version, transport]),
);

function openThread(
  url: string,
  version: SdkVersion,
  options: Record<string, unknown>,
  threadId: string = crypto.randomUUID(),
) {
  const client = new sdks[version].Client({ apiUrl: url, apiKey: null, callerOptions: { maxRetries: 0 } });
  return client.threads.stream(threadId, {
    webSocketFactory: (address: string) => new WebSocket(address),
    ...options,
  } as never);
}

async function collect<T>(items: AsyncIterable<T>, count: number): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) if (all.push(item) === count) break;
  return all;
}

const contents = (state: unknown) =>
  (state as { messages: { content: unknown }[] }).messages.map(({ content }) => content);

test.each(cases)(
  "ThreadStream of SDK %s over %s: messages, a channel of its own, the question, the answer; late comers too",
  async (version, transport) => {
    await using directory = await temporaryDirectory();
    let letGo = () => {};
    const free = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const graphs = { telling: createTellingGraph(free) };
    await using server = await serve({ graphs, directory: directory.path });
    const thread = openThread(server.url, version, { assistantId: "telling", transport });
    try {
      await thread.run.start({ input });
      const told = await collect(thread.extensions.progress as AsyncIterable<unknown>, 2);
      expect(told).toEqual([{ done: 1 }, { done: 2 }]);
      const [message] = await collect(thread.messages, 1);
      letGo();
      expect(await message?.text).toBe("I am on my way.");
      // `output` is what there was when the run stopped, and stays that (SDK 1.15.0).
      expect(contents(await thread.output)).toEqual(["hello", "I am on my way."]);
      await expect.poll(() => thread.interrupts.length).toBe(1);
      const [question] = thread.interrupts;
      expect(question).toMatchObject({ payload: { ready: true }, namespace: [] });
      await thread.input.respond({
        namespace: question?.namespace ?? [],
        interrupt_id: question?.interruptId ?? "",
        response: "yes",
      });
      await waitForStatus(server.url, thread.threadId, "idle");
      const { values } = (await thread.state.get({ namespace: [] })) as { values: unknown };
      expect(contents(values)).toEqual(["hello", "I am on my way.", "Answered yes."]);
    } finally {
      await thread.close();
    }
    const late = openThread(server.url, version, { assistantId: "telling", transport }, thread.threadId);
    try {
      const [message] = await collect(late.messages, 1);
      expect(await message?.text).toBe("I am on my way.");
    } finally {
      await late.close();
    }
  },
);

/** Talks while something else says so much that the message begins and ends on pages of its own. */
function createNoisyGraph() {
  let heard = () => {};
  const isHeard = new Promise<void>((resolve) => {
    heard = resolve;
  });
  let begun = () => {};
  const hasBegun = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const pause = async (chunk: number) => {
    if (chunk !== 1) return;
    begun();
    await isHeard;
  };
  const model = new ScriptedModel({ script: () => ({ text: "I am on my way." }), pause });
  return new StateGraph(MessagesAnnotation)
    .addNode("talk", async (state) => ({ messages: [await model.invoke(state.messages)] }))
    .addNode("noise", async (_state, config: LangGraphRunnableConfig) => {
      await hasBegun;
      for (let count = 0; count < 1_200; count += 1) config.writer?.({ count });
      heard();
      return {};
    })
    .addEdge(START, "talk")
    .addEdge(START, "noise")
    .addEdge("talk", END)
    .addEdge("noise", END);
}

test.each(cases)(
  "ThreadStream of SDK %s over %s: a message whose beginning and end are pages apart has its text",
  async (version, transport) => {
    await using directory = await temporaryDirectory();
    await using server = await serve({
      graphs: { noisy: createNoisyGraph() },
      directory: directory.path,
    });
    const threadId = crypto.randomUUID();
    await sendCommand(server.url, threadId, {
      method: "run.start",
      params: { assistant_id: "noisy", input },
    });
    await waitForStatus(server.url, threadId, "idle");
    const late = openThread(server.url, version, { assistantId: "noisy", transport }, threadId);
    try {
      const [message] = await collect(late.messages, 1);
      expect(await message?.text).toBe("I am on my way.");
    } finally {
      await late.close();
    }
  },
);

test.each(cases)(
  "ThreadStream of SDK %s over %s: questions of subgraphs and parallel ones, answered all at once",
  async (version, transport) => {
    await using directory = await temporaryDirectory();
    const graphs = { nested: createNestedGraph(), letters: createParallelGraph() };
    await using server = await serve({ graphs, directory: directory.path });
    const nested = openThread(server.url, version, { assistantId: "nested", transport });
    const letters = openThread(server.url, version, { assistantId: "letters", transport });
    try {
      await nested.run.start({ input: { notes: ["start"] } });
      await expect.poll(() => nested.interrupts.length).toBe(1);
      const [deep] = nested.interrupts;
      expect(deep).toMatchObject({ payload: { deep: true }, namespace: [expect.stringMatching(/^inner:/)] });
      await nested.input.respond({
        namespace: deep?.namespace ?? [],
        interrupt_id: deep?.interruptId ?? "",
        response: "yes",
      });
      const after = await waitForStatus(server.url, nested.threadId, "idle");
      expect(after.values?.notes).toEqual(expect.arrayContaining(['answered "yes"', "after"]));

      await letters.run.start({ input: { letters: ["a", "b"] } });
      await expect.poll(() => letters.interrupts.length).toBe(2);
      await waitForStatus(server.url, letters.threadId, "interrupted");
      const responses = letters.interrupts.map(({ interruptId, namespace }) => ({
        namespace,
        interrupt_id: interruptId,
        response: "ok",
      }));
      await letters.input.respond({ responses } as never);
      const done = await waitForStatus(server.url, letters.threadId, "idle");
      expect(done.values?.sent).toHaveLength(2);
      expect(done.values?.sent).toEqual(expect.arrayContaining(['a: "ok"', 'b: "ok"']));
    } finally {
      await Promise.all([nested.close(), letters.close()]);
    }
  },
);

test.each(cases)(
  "ThreadStream of SDK %s over %s sees what a classic client answers",
  async (version, transport) => {
    await using directory = await temporaryDirectory();
    const graphs = { telling: createTellingGraph() };
    await using server = await serve({ graphs, directory: directory.path });
    const first = openThread(server.url, version, { assistantId: "telling", transport });
    try {
      await first.run.start({ input });
      await expect.poll(() => first.interrupts.length).toBe(1);
      await waitForStatus(server.url, first.threadId, "interrupted");
      const seen: string[] = [];
      first.onEvent(({ method, params }) => {
        if (method === "lifecycle" && params.namespace.length === 0) seen.push(params.data.event);
      });
      const { Client } = sdks["1.15.0"];
      const classic = new Client({ apiUrl: server.url, apiKey: null, callerOptions: { maxRetries: 0 } });
      await classic.runs.wait(first.threadId, "telling", { command: { resume: "by another" } });
      await expect.poll(() => seen).toEqual(expect.arrayContaining(["completed"]));
      const { values } = (await first.state.get({ namespace: [] })) as { values: unknown };
      expect(contents(values).at(-1)).toBe("Answered by another.");
      const late = await sendCommand(server.url, first.threadId, {
        method: "input.respond",
        params: { interrupt_id: first.interrupts[0]?.interruptId, response: "too late" },
      });
      expect(late).toMatchObject({ type: "error", error: "no_such_interrupt" });
    } finally {
      await first.close();
    }
  },
);
