import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { describe, expect, test } from "vitest";
import { EffectSkippedError, effect } from "../../src/effects/index.ts";
import { createServer } from "../../src/http/index.ts";
import { listen } from "../../src/node/index.ts";
import { serveAt, storeKinds, temporaryPlace } from "../support/both-stores.ts";
import { getJson, openInterrupts, sendCommand, waitForStatus } from "../support/command.ts";

const State = Annotation.Root({
  said: Annotation<string[]>({ reducer: (before, after) => [...before, ...after], default: () => [] }),
});

/** Sends a letter between two other nodes. */
function createLetterGraph(send: () => Promise<string>, scope: "task" | "thread") {
  return new StateGraph(State)
    .addNode("before", () => ({ said: ["before"] }))
    .addNode("send", async (_state, config) => {
      try {
        return { said: [await effect(config, { key: "letter", scope }, send)] };
      } catch (error) {
        if (error instanceof EffectSkippedError) return { said: ["skipped"] };
        throw error;
      }
    })
    .addNode("after", () => ({ said: ["after"] }))
    .addEdge(START, "before")
    .addEdge("before", "send")
    .addEdge("send", "after")
    .addEdge("after", END);
}

/** A thread whose letter is in doubt, and whose person said to stop. */
async function stoppedInDoubt(kind: (typeof storeKinds)[number], scope: "task" | "thread") {
  const place = await temporaryPlace(kind);
  let started = () => {};
  const isSending = new Promise<void>((resolve) => {
    started = resolve;
  });
  const hanging = createLetterGraph(() => {
    started();
    return new Promise<string>(() => {});
  }, scope);
  const first = createServer({
    graphs: { letter: hanging },
    store: place.store(),
    report: () => {},
  });
  const one = await listen(first, { port: 0, host: "127.0.0.1" });
  const threadId = crypto.randomUUID();
  const params = { assistant_id: "letter", input: { said: [] } };
  await sendCommand(one.url, threadId, { method: "run.start", params });
  await isSending;
  await first.close({ graceMs: 0 }); // the letter does not settle: what is left of it is a doubt
  await one.stop();
  let sent = 0;
  const graph = createLetterGraph(async () => {
    sent += 1;
    return "sent";
  }, scope);
  const server = await serveAt(place, { graphs: { letter: graph } });
  const { url } = server;
  const thread = {
    url,
    threadId,
    sent: () => sent,
    async question() {
      const questions = openInterrupts(await waitForStatus(url, threadId, "interrupted"));
      expect(questions).toHaveLength(1);
      expect(questions[0]?.value.type).toBe("effect_in_doubt");
      return questions[0];
    },
    async answer(response: unknown) {
      const { id } = (await thread.question()) ?? {};
      const params = { interrupt_id: id, response };
      return sendCommand(url, threadId, { method: "input.respond", params });
    },
    async checkpoints(): Promise<string[]> {
      const history = await post(`${url}/threads/${threadId}/history`, {});
      return (history as { checkpoint: { checkpoint_id: string } }[]).map(
        ({ checkpoint }) => checkpoint.checkpoint_id,
      );
    },
    async start(body: Record<string, unknown>) {
      const run = await post(`${url}/threads/${threadId}/runs`, { assistant_id: "letter", ...body });
      expect(run).toMatchObject({ run_id: expect.any(String) });
    },
    async said() {
      await waitForStatus(url, threadId, "idle");
      return (await getJson<{ values: { said: string[] } }>(`${url}/threads/${threadId}/state`)).values.said;
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      await place[Symbol.asyncDispose]();
    },
  };
  expect(await thread.answer({ type: "stop" })).toMatchObject({ type: "success" });
  await waitForStatus(url, threadId, "idle");
  return thread;
}

async function post(url: string, body: unknown): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  return (await fetch(url, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

const answers = [
  { answer: { type: "retry" }, said: ["before", "sent", "after"], sent: 1 },
  { answer: { type: "done", result: "by hand" }, said: ["before", "by hand", "after"], sent: 0 },
  { answer: { type: "skip" }, said: ["before", "skipped", "after"], sent: 0 },
];

describe.each(storeKinds)("%s", (kind) => {
  test.each(answers)(
    "a run from the checkpoint that waits asks first; $answer.type, and it goes on",
    async ({ answer, said, sent }) => {
      await using thread = await stoppedInDoubt(kind, "task");
      const [head] = await thread.checkpoints();
      await thread.start({ input: null, checkpoint_id: head });
      await thread.question();
      expect(await thread.checkpoints()).toHaveLength(3);
      expect(thread.sent()).toBe(0);
      expect(await thread.answer(answer)).toMatchObject({ type: "success" });
      expect(await thread.said()).toEqual(said);
      expect(thread.sent()).toBe(sent);
    },
  );

  test("a fork from before it asks whether it may run anew, and shows so in every view", async () => {
    await using thread = await stoppedInDoubt(kind, "thread");
    const { url, threadId } = thread;
    const [head] = await thread.checkpoints();
    await thread.start({ command: { update: { said: ["more"] } } });
    await thread.answer({ type: "stop" });
    await waitForStatus(url, threadId, "idle");
    const body = { values: { said: ["written"] }, as_node: "after" };
    await post(`${url}/threads/${threadId}/state`, body);
    await thread.start({ input: null, checkpoint_id: head });
    const question = await thread.question();
    const state = await getJson<{ tasks: { interrupts: { id: string }[] }[]; interrupts: { id: string }[] }>(
      `${url}/threads/${threadId}/state`,
    );
    expect(state.interrupts.map(({ id }) => id)).toEqual([question?.id]);
    expect(state.tasks.flatMap(({ interrupts }) => interrupts.map(({ id }) => id))).toEqual([question?.id]);
    await thread.answer({ type: "done", result: "by hand" });
    expect(await thread.said()).toEqual(["before", "by hand", "after"]);
    expect(thread.sent()).toBe(0);
  });
});

test.each([
  ["a fork", async (thread: Thread) => ({ input: null, checkpoint_id: (await thread.checkpoints())[1] })],
  ["a command", async () => ({ command: { update: { said: ["more"] } } })],
])("%s that runs the task under a new id asks only whether to", async (_what, toBody) => {
  await using thread = await stoppedInDoubt("sqlite", "task");
  if (_what === "a fork") {
    // Another checkpoint in front: the one that waits is the second now.
    await post(`${thread.url}/threads/${thread.threadId}/state`, {
      values: { said: ["written"] },
      as_node: "after",
    });
  }
  await thread.start(await toBody(thread));
  const question = await thread.question();
  expect(question?.value.allowed).toEqual(["retry", "stop"]);
  expect(await thread.answer({ type: "skip" })).toMatchObject({ type: "error", error: "invalid_argument" });
  expect(thread.sent()).toBe(0);
  expect(await thread.answer({ type: "retry" })).toMatchObject({ type: "success" });
  expect(await thread.said()).toEqual(
    _what === "a fork" ? ["before", "sent", "after"] : ["before", "more", "sent", "after"],
  );
  expect(thread.sent()).toBe(1);
});

type Thread = Awaited<ReturnType<typeof stoppedInDoubt>>;

test.each(answers)(
  "new input that comes to it again asks then; $answer.type, and it goes on",
  async ({ answer, said, sent }) => {
    await using thread = await stoppedInDoubt("sqlite", "thread");
    await thread.start({ input: { said: ["more"] } });
    await thread.question();
    expect(thread.sent()).toBe(0);
    expect(await thread.answer(answer)).toMatchObject({ type: "success" });
    expect(await thread.said()).toEqual(["before", "more", ...said]);
    expect(thread.sent()).toBe(sent);
  },
);

test("to write the end asks nothing: nothing runs", async () => {
  await using thread = await stoppedInDoubt("sqlite", "task");
  await thread.start({ command: { goto: "__end__" } });
  expect(await thread.said()).toEqual(["before"]);
  expect(thread.sent()).toBe(0);
});

test("a node that waits for its doubt lets the others finish what they do outside", async () => {
  await using place = await temporaryPlace("sqlite");
  const sent: string[] = [];
  let letGo = () => {};
  const isFree = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const timeout = Object.assign(new Error("late"), { name: "TimeoutError" });
  let tries = 0;
  const graph = new StateGraph(State)
    .addNode("slow", async (_state, config) => {
      const done = await effect(config, { key: "slow" }, async ({ signal }) => {
        await isFree;
        for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
        signal.throwIfAborted();
        sent.push("slow");
        return "slow";
      });
      return { said: [done] };
    })
    .addNode("twice", async (_state, config) => {
      const send = () =>
        effect(config, { key: "twice" }, async () => {
          tries += 1;
          if (tries === 1) throw timeout;
          sent.push("twice");
          return "twice";
        });
      const first = await send().catch(() => undefined);
      letGo();
      return { said: [first ?? (await send())] };
    })
    .addEdge(START, "slow")
    .addEdge(START, "twice")
    .addEdge("slow", END)
    .addEdge("twice", END);
  await using server = await serveAt(place, { graphs: { letter: graph } });
  const threadId = crypto.randomUUID();
  const params = { assistant_id: "letter", input: { said: [] } };
  await sendCommand(server.url, threadId, { method: "run.start", params });
  const questions = openInterrupts(await waitForStatus(server.url, threadId, "interrupted"));
  expect(questions.map(({ value }) => String(value.key).split("/")[1])).toEqual(["twice"]);
  expect(sent).toEqual(["slow"]);
  const answer = { interrupt_id: questions[0]?.id, response: { type: "retry" } };
  await sendCommand(server.url, threadId, { method: "input.respond", params: answer });
  await waitForStatus(server.url, threadId, "idle");
  expect(sent).toEqual(["slow", "twice"]);
});
