import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { EffectSkippedError, effect } from "../../src/effects/index.ts";
import { createServer } from "../../src/http/index.ts";
import { listen } from "../../src/node/index.ts";
import { sqlite } from "../../src/sqlite/index.ts";
import {
  getJson,
  observe,
  openInterrupts,
  readEvents,
  sendCommand,
  waitForStatus,
} from "../support/command.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

const State = Annotation.Root({
  said: Annotation<string[]>({ reducer: (before, after) => [...before, ...after], default: () => [] }),
});

/** Sends a letter, and says what came of it. */
function createLetterGraph(send: () => Promise<string>, idempotent = false, enter = () => {}) {
  return new StateGraph(State)
    .addNode("send", async (_state, config) => {
      enter();
      const options = { key: "letter", idempotent, about: { title: "Send the letter" } };
      try {
        return { said: [await effect(config, options, send)] };
      } catch (error) {
        if (error instanceof EffectSkippedError) return { said: ["skipped"] };
        throw error;
      }
    })
    .addNode("after", () => ({ said: ["after"] }))
    .addEdge(START, "send")
    .addEdge("send", "after")
    .addEdge("after", END);
}

/** Leaves a thread as a process does that was killed while it sent the letter: started, and nothing more. */
async function leaveInDoubt(directory: string, idempotent = false): Promise<string> {
  let started = () => {};
  const isSending = new Promise<void>((resolve) => {
    started = resolve;
  });
  const graph = createLetterGraph(() => {
    started();
    return new Promise<string>(() => {});
  }, idempotent);
  // A copy of the data as it is at this instant is what a killed process leaves behind.
  const store = sqlite(`${directory}/test.db`);
  const server = createServer({ graphs: { letter: graph }, store, report: () => {} });
  const { url } = await listen(server, { port: 0, host: "127.0.0.1" });
  const threadId = crypto.randomUUID();
  const params = { assistant_id: "letter", input: { said: [] } };
  await sendCommand(url, threadId, { method: "run.start", params });
  await isSending;
  await store.close();
  return threadId;
}

async function askedAfterCrash(send: () => Promise<string>, enter = () => {}) {
  const directory = await temporaryDirectory();
  const threadId = await leaveInDoubt(directory.path);
  const server = await serve({
    graphs: { letter: createLetterGraph(send, false, enter) },
    directory: directory.path,
  });
  const thread = await waitForStatus(server.url, threadId, "interrupted");
  const [question] = openInterrupts(thread);
  const answer = (response: unknown) =>
    sendCommand(server.url, threadId, {
      method: "input.respond",
      params: { interrupt_id: question?.id, response },
    });
  return {
    threadId,
    url: server.url,
    question,
    answer,
    async [Symbol.asyncDispose]() {
      await server.stop();
      await directory[Symbol.asyncDispose]();
    },
  };
}

async function saidOf(url: string, threadId: string): Promise<unknown> {
  return (await getJson<{ values: { said: string[] } }>(`${url}/threads/${threadId}/state`)).values.said;
}

test("an effect that may have happened is asked about before the graph goes on, in every view of the thread", async () => {
  let [sent, entered] = [0, 0];
  const send = async () => {
    sent += 1;
    return "sent";
  };
  await using crash = await askedAfterCrash(send, () => {
    entered += 1;
  });
  const { url, threadId, question } = crash;
  expect(question?.value).toMatchObject({
    type: "effect_in_doubt",
    about: { title: "Send the letter" },
    allowed: ["retry", "done", "skip", "stop"],
  });
  expect(question?.id).toMatch(/^[0-9a-f]{32}$/);
  const state = await getJson<{ tasks: { name: string; interrupts: { id: string }[] }[] }>(
    `${url}/threads/${threadId}/state`,
  );
  expect(state.tasks.map(({ name, interrupts }) => [name, interrupts.map(({ id }) => id)])).toEqual([
    ["send", [question?.id]],
  ]);
  const events = await readEvents(url, threadId);
  const asked = events.filter(({ method }) => method === "input.requested");
  expect(asked.map(({ params }) => params.data.interrupt_id)).toEqual([question?.id]);
  expect(events.at(-1)?.params.data).toMatchObject({ event: "interrupted" });
  expect([sent, entered]).toEqual([0, 0]);
});

test.each([
  { answer: { type: "retry" }, said: ["sent", "after"], sent: 1 },
  { answer: { type: "done", result: "sent by hand" }, said: ["sent by hand", "after"], sent: 0 },
  { answer: { type: "skip" }, said: ["skipped", "after"], sent: 0 },
])("in doubt, $answer.type: the graph goes on with it", async ({ answer, said, sent }) => {
  let count = 0;
  await using crash = await askedAfterCrash(async () => {
    count += 1;
    return "sent";
  });
  expect(await crash.answer(answer)).toMatchObject({ type: "success" });
  await waitForStatus(crash.url, crash.threadId, "idle");
  expect(await saidOf(crash.url, crash.threadId)).toEqual(said);
  expect(count).toBe(sent);
});

test("in doubt, stop: nothing runs, and going on later asks again", async () => {
  let count = 0;
  await using crash = await askedAfterCrash(async () => {
    count += 1;
    return "sent";
  });
  const { url, threadId } = crash;
  expect(await crash.answer({ type: "stop" })).toMatchObject({ type: "success" });
  await waitForStatus(url, threadId, "idle");
  const runs = await getJson<{ status: string }[]>(`${url}/threads/${threadId}/runs`);
  expect(runs[0]?.status).toBe("interrupted");
  await sendCommand(url, threadId, { method: "run.start", params: { assistant_id: "letter", input: null } });
  const again = await waitForStatus(url, threadId, "interrupted");
  expect(openInterrupts(again)).toHaveLength(1);
  // Clients keep hidden what they have seen answered.
  expect(openInterrupts(again)[0]?.id).not.toBe(crash.question?.id);
  expect(count).toBe(0);
});

/** Two letters at once, both cut off. */
async function askedAboutTwo(sent: string[]) {
  const directory = await temporaryDirectory();
  const create = (send: (name: string) => Promise<string>) =>
    new StateGraph(State)
      .addNode("a", async (_state, config) => ({
        said: [await effect(config, { key: "a" }, () => send("a"))],
      }))
      .addNode("b", async (_state, config) => ({
        said: [await effect(config, { key: "b" }, () => send("b"))],
      }))
      .addEdge(START, "a")
      .addEdge(START, "b")
      .addEdge("a", END)
      .addEdge("b", END);
  let count = 0;
  let reached = () => {};
  const areSending = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const hanging = create(() => {
    count += 1;
    if (count === 2) reached();
    return new Promise<string>(() => {});
  });
  const store = sqlite(`${directory.path}/test.db`);
  const first = createServer({ graphs: { letters: hanging }, store, report: () => {} });
  const { url } = await listen(first, { port: 0, host: "127.0.0.1" });
  const threadId = crypto.randomUUID();
  const params = { assistant_id: "letters", input: { said: [] } };
  await sendCommand(url, threadId, { method: "run.start", params });
  await areSending;
  await store.close();
  const graph = create(async (name) => {
    sent.push(name);
    return name;
  });
  const server = await serve({ graphs: { letters: graph }, directory: directory.path });
  const open = async () => openInterrupts(await waitForStatus(server.url, threadId, "interrupted"));
  const about = (key: string, questions: { id: string; value: Record<string, unknown> }[]) =>
    questions.find(({ value }) => String(value.key).endsWith(key))?.id;
  const [a, b] = await open().then((questions) => [about("/a", questions), about("/b", questions)]);
  return {
    threadId,
    url: server.url,
    open,
    ids: { a, b },
    answer: (id: string | undefined, type: string) =>
      sendCommand(server.url, threadId, {
        method: "input.respond",
        params: { interrupt_id: id, response: { type } },
      }),
    async [Symbol.asyncDispose]() {
      await server.stop();
      await directory[Symbol.asyncDispose]();
    },
  };
}

test("two in doubt: the first answer waits for the second, and the thread still waits for a person", async () => {
  const sent: string[] = [];
  await using crash = await askedAboutTwo(sent);
  expect(await crash.answer(crash.ids.a, "retry")).toMatchObject({ type: "success" });
  expect((await crash.open()).map(({ id }) => id)).toEqual([crash.ids.b]);
  expect(sent).toEqual([]);
  expect(await crash.answer(crash.ids.b, "retry")).toMatchObject({ type: "success" });
  await waitForStatus(crash.url, crash.threadId, "idle");
  expect(sent.sort()).toEqual(["a", "b"]);
  expect(await saidOf(crash.url, crash.threadId)).toEqual(["a", "b"]);
});

test.each([
  ["first to stop", ["stop"]],
  ["to retry one and then to stop", ["retry", "stop"]],
])("two in doubt, %s: nothing runs, and nothing is left waiting", async (_what, answers) => {
  const sent: string[] = [];
  await using crash = await askedAboutTwo(sent);
  const { ids, url, threadId } = crash;
  for (const [index, type] of answers.entries()) {
    expect(await crash.answer(index === 0 ? ids.a : ids.b, type)).toMatchObject({ type: "success" });
  }
  const thread = await waitForStatus(url, threadId, "idle");
  expect(openInterrupts(thread)).toEqual([]);
  const runs = await getJson<{ status: string }[]>(`${url}/threads/${threadId}/runs`);
  expect(runs.slice(0, -1).every(({ status }) => status === "interrupted")).toBe(true);
  expect(sent).toEqual([]);
});

test("an answer that is none is refused, and the question stays as it was", async () => {
  await using crash = await askedAfterCrash(async () => "sent");
  const before = await observe(crash.url, crash.threadId);
  for (const wrong of [true, { type: "perhaps" }, { type: "retry", twice: true }, null]) {
    expect(await crash.answer(wrong)).toMatchObject({ type: "error", error: "invalid_argument" });
  }
  expect(await observe(crash.url, crash.threadId)).toEqual(before);
});

test("an idempotent effect is simply repeated", async () => {
  await using directory = await temporaryDirectory();
  const threadId = await leaveInDoubt(directory.path, true);
  const graph = createLetterGraph(async () => "sent again", true);
  await using server = await serve({ graphs: { letter: graph }, directory: directory.path });
  await waitForStatus(server.url, threadId, "idle");
  expect(await saidOf(server.url, threadId)).toEqual(["sent again", "after"]);
});

test("a finished effect is not run again by the attempt after a crash", async () => {
  await using directory = await temporaryDirectory();
  let count = 0;
  let reached = () => {};
  const isReached = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const create = (isHanging: boolean) =>
    new StateGraph(State)
      .addNode("send", async (_state, config) => {
        const sent = await effect(config, { key: "letter" }, async () => {
          count += 1;
          return `sent ${count}`;
        });
        if (isHanging) {
          reached();
          await new Promise(() => {});
        }
        return { said: [sent] };
      })
      .addEdge(START, "send")
      .addEdge("send", END);
  const store = sqlite(`${directory.path}/test.db`);
  const first = createServer({ graphs: { letter: create(true) }, store, report: () => {} });
  const { url } = await listen(first, { port: 0, host: "127.0.0.1" });
  const threadId = crypto.randomUUID();
  await sendCommand(url, threadId, {
    method: "run.start",
    params: { assistant_id: "letter", input: { said: [] } },
  });
  await isReached;
  await store.close();

  await using second = await serve({ graphs: { letter: create(false) }, directory: directory.path });
  await waitForStatus(second.url, threadId, "idle");
  expect(await saidOf(second.url, threadId)).toEqual(["sent 1"]);
  expect(count).toBe(1);
});
