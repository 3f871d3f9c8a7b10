import { afterAll, beforeAll, expect, test } from "vitest";
import { openEvents, openInterrupts, readEvents } from "../support/command.ts";
import { input, openRows, type Row } from "../support/rows.ts";
import { openSocket } from "../support/socket.ts";

/** Commands of the thread protocol, row by row; the list is in docs/protocol.md. */

let at: Row;
beforeAll(async () => {
  at = await openRows();
});
afterAll(() => at[Symbol.asyncDispose]());

const chat = (content: string, more: object = {}) => ({
  assistant_id: "chat",
  input: { messages: [{ role: "user", content }] },
  ...more,
});
const contents = async (threadId: string) => {
  const { body } = await at.call<{ values: { messages: { content: string }[] } }>(
    `GET /threads/${threadId}/state`,
  );
  return body.values.messages.map(({ content }) => content);
};

test("3.4 run.start: creates the thread, waits behind a run, forks; each run may have its own assistant", async () => {
  const threadId = crypto.randomUUID();
  const config = { configurable: { thread_id: threadId }, tags: ["one"] };
  const first = await at.command(threadId, "run.start", chat("one", { config, metadata: { by: "me" } }));
  expect(first).toEqual({
    type: "success",
    id: 1,
    result: { run_id: expect.any(String) },
    meta: { thread_id: threadId, applied_through_seq: 1 },
  });
  const said = (word: string) => [word, `You said: ${word} and that was it.`];
  await at.until(threadId, "idle");
  expect(await contents(threadId)).toEqual(said("one"));

  const held = await at.held("one");
  await at.until(held.threadId, "busy");
  for (const spelling of ["multitask_strategy", "multitaskStrategy"]) {
    const refused = await at.command(held.threadId, "run.start", chat("two", { [spelling]: "reject" }));
    expect(refused).toMatchObject({
      type: "error",
      error: "invalid_argument",
      meta: { code: "thread_busy" },
    });
  }
  const queued = await at.command(held.threadId, "run.start", chat("two"));
  expect(queued.meta?.applied_through_seq).toBeGreaterThan(0);
  const other = await at.command(held.threadId, "run.start", { assistant_id: "ask", input });
  expect(other).toMatchObject({ type: "success" });
  at.gate.open();
  await at.until(held.threadId, "interrupted");
  expect((await contents(held.threadId)).slice(0, 5)).toEqual([...said("one"), ...said("two"), "hello"]);

  const { body: history } = await at.call<{ checkpoint: { checkpoint_id: string } }[]>(
    `POST /threads/${threadId}/history`,
    { limit: 100 },
  );
  const { checkpoint_id } = history.at(-1)?.checkpoint ?? {};
  await at.command(threadId, "run.start", chat("three", { config: { configurable: { checkpoint_id } } }));
  await expect.poll(() => contents(threadId)).toEqual(said("three"));
});

test("3.4 input.respond: one answer, with a write to the state and the next node; the namespace is not looked at", async () => {
  const { threadId, question } = await at.asked("nested", { notes: ["start"] });
  const answered = await at.command(threadId, "input.respond", {
    namespace: [],
    interrupt_id: question,
    response: "yes",
    strict_resume: true,
    metadata: { from: "me" },
  });
  expect(answered).toMatchObject({
    type: "success",
    result: { run_id: expect.any(String) },
    meta: { thread_id: threadId, applied_through_seq: expect.any(Number) },
  });
  expect((await at.until(threadId, "idle")).values?.notes).toEqual(
    expect.arrayContaining(["start", "prepared", 'answered "yes"', "after"]),
  );

  const second = await at.asked();
  const written = { role: "user", content: "by the way" };
  await at.command(second.threadId, "input.respond", {
    namespace: ["nowhere:1"],
    interrupt_id: second.question,
    response: { send: true },
    update: { messages: [written] },
    goto: "act",
    config: { tags: ["answer"] },
  });
  await at.until(second.threadId, "idle");
  expect(await contents(second.threadId)).toEqual(
    expect.arrayContaining(["by the way", 'You said {"send":true}.', "Sent."]),
  );
});

test("3.4 input.respond many: all in one run, or none", async () => {
  const { threadId, questions } = await at.asked("letters", { letters: ["a", "b"] });
  const answers = questions.map(({ id }) => ({ namespace: [], interrupt_id: id, response: "yes" }));
  const unknown = { namespace: [], interrupt_id: "0".repeat(32), response: "yes" };
  const refused = await at.command(threadId, "input.respond", { responses: [...answers, unknown] });
  expect(refused).toMatchObject({ type: "error", error: "no_such_interrupt" });
  expect(openInterrupts(await at.until(threadId, "interrupted"))).toHaveLength(2);
  const { body: before } = await at.call<unknown[]>(`GET /threads/${threadId}/runs`);
  await at.command(threadId, "input.respond", { responses: answers });
  expect((await at.until(threadId, "idle")).values?.sent).toHaveLength(2);
  const { body: after } = await at.call<unknown[]>(`GET /threads/${threadId}/runs`);
  expect(after).toHaveLength(before.length + 1);
});

test("3.4 input.inject: a message into the state, without a run", async () => {
  const { threadId } = await at.asked("chat", chat("ask me").input);
  await at.command(threadId, "input.inject", {
    namespace: [],
    message: { role: "system", content: "Be brief.", name: "rules" },
  });
  const { body } = await at.call<{ values: { messages: object[] } }>(`GET /threads/${threadId}/state`);
  expect(body.values.messages.at(-1)).toMatchObject({ type: "system", content: "Be brief.", name: "rules" });
  expect((await at.call<unknown[]>(`GET /threads/${threadId}/runs`)).body).toHaveLength(1);
});

test("3.4 state.get: the values, or some of them, of a graph or subgraph, and the checkpoint", async () => {
  const { threadId } = await at.asked("nested", { notes: ["start"] });
  const root = await at.command(threadId, "state.get", { namespace: [] });
  expect(root.result).toEqual({
    values: { notes: ["start"] },
    checkpoint: { id: expect.any(String), ns: "" },
  });
  const none = await at.command(threadId, "state.get", { namespace: [], keys: ["other"] });
  expect(none.result?.values).toEqual({});
  const { body } = await at.call<{ tasks: { checkpoint: { checkpoint_ns: string } }[] }>(
    `GET /threads/${threadId}/state`,
  );
  const namespace = body.tasks[0]?.checkpoint.checkpoint_ns.split("|");
  const inner = await at.command(threadId, "state.get", { namespace });
  expect(inner.result?.values).toEqual({ notes: ["start", "prepared"] });
});

test("3.4 state.listCheckpoints: newest first, before one, of a subgraph too", async () => {
  const { threadId } = await at.asked("nested", { notes: ["start"] });
  interface Listed {
    checkpoints: { id: string; step: number; timestamp: number }[];
  }
  const list = async (params: object) =>
    ((await at.command(threadId, "state.listCheckpoints", params)).result as unknown as Listed).checkpoints;
  const all = await list({});
  expect(all.map(({ step }) => step)).toEqual([0, -1]);
  expect(all[0]).toMatchObject({ id: expect.any(String), timestamp: expect.any(Number), metadata: {} });
  expect(await list({ limit: 1 })).toEqual(all.slice(0, 1));
  expect(await list({ before: all[0]?.id })).toEqual(all.slice(1));
  const [event] = (await readEvents(at.url, threadId)).filter(({ method }) => method === "input.requested");
  expect((await list({ namespace: event?.params.namespace })).length).toBeGreaterThan(1);
});

test("3.4 state.fork: a run from an earlier checkpoint, with an input or without", async () => {
  const { threadId } = await at.asked();
  const { checkpoints } = (await at.command(threadId, "state.listCheckpoints")).result as {
    checkpoints: { id: string }[];
  };
  const forked = await at.command(threadId, "state.fork", { checkpoint_id: checkpoints[1]?.id });
  expect(forked.result).toEqual({ run_id: expect.any(String), thread_id: threadId });
  await at.until(threadId, "interrupted");
  const again = await at.command(threadId, "state.fork", {
    checkpoint_id: checkpoints.at(-1)?.id,
    input: { messages: [{ role: "user", content: "another" }] },
  });
  expect(again).toMatchObject({ type: "success" });
  await expect.poll(async () => (await contents(threadId))[0]).toBe("another");
  const nowhere = await at.command(threadId, "state.fork", { checkpoint_id: "nowhere" });
  expect(nowhere).toMatchObject({ type: "error", error: "no_such_checkpoint" });
});

test("3.4 agent.getTree: the graphs of a run, and where each stands; also long after, and by the run's id", async () => {
  const { threadId, question } = await at.asked("nested", { notes: ["start"] });
  const tree = async (params?: object) => (await at.command(threadId, "agent.getTree", params)).result?.tree;
  const waiting = {
    namespace: [],
    status: "interrupted",
    graph_name: "nested",
    children: [{ namespace: [expect.stringMatching(/^inner:/)], status: "interrupted", graph_name: "inner" }],
  };
  expect(await tree()).toMatchObject(waiting);
  const { body: runs } = await at.call<{ run_id: string }[]>(`GET /threads/${threadId}/runs`);
  await at.command(threadId, "input.respond", { interrupt_id: question, response: "yes" });
  await at.until(threadId, "idle");
  expect(await tree()).toMatchObject({ status: "completed" });
  expect(await tree({ run_id: runs[0]?.run_id })).toMatchObject(waiting);
  const none = await at.command(threadId, "agent.getTree", { run_id: crypto.randomUUID() });
  expect(none).toMatchObject({ type: "error", error: "no_such_run" });
});

test("3.4 subscription.subscribe: the reply comes first, then what was, then what comes; behind `since`; narrowed", async () => {
  const { threadId, question } = await at.asked("nested", { notes: ["start"] });
  using socket = openSocket(at.url, threadId);
  await socket.opened;
  const filter = { channels: ["lifecycle", "input"], namespaces: [[]], depth: 0 };
  const reply = await socket.command("subscription.subscribe", filter);
  expect(reply).toEqual({
    type: "success",
    id: 1,
    result: { subscription_id: expect.any(String), replayed_events: expect.any(Number) },
  });
  await expect.poll(() => socket.events().length).toBe(2);
  expect(socket.frames[0]).toEqual(reply);
  expect(socket.events().map(({ params }) => params?.data.event)).toEqual(["running", "interrupted"]);
  const since = socket.events().at(-1)?.seq;
  using late = openSocket(at.url, threadId);
  await late.opened;
  await late.command("subscription.subscribe", { ...filter, since });
  await at.command(threadId, "input.respond", { interrupt_id: question, response: "yes" });
  const methods = () => late.events().map(({ method, params }) => params?.data.event ?? method);
  await expect.poll(methods).toEqual(["input.answered", "running", "completed"]);
});

test("3.4 subscription.unsubscribe: ends it; one that is none is an error that clients ignore", async () => {
  const { threadId, question } = await at.asked();
  using socket = openSocket(at.url, threadId);
  await socket.opened;
  const { result } = await socket.command("subscription.subscribe", { channels: ["lifecycle"] });
  await expect.poll(() => socket.events().length).toBeGreaterThan(0);
  const subscription_id = (result as { subscription_id: string }).subscription_id;
  expect(await socket.command("subscription.unsubscribe", { subscription_id })).toMatchObject({
    type: "success",
    result: {},
  });
  const again = await socket.command("subscription.unsubscribe", { subscription_id });
  expect(again).toMatchObject({ type: "error", error: "no_such_subscription" });
  const before = socket.events().length;
  await at.command(threadId, "input.respond", { interrupt_id: question, response: { send: true } });
  await at.until(threadId, "idle");
  await socket.command("state.get", {});
  expect(socket.events()).toHaveLength(before);
});

test("3.4 subscription.reconnect is not there, and says what there is instead", async () => {
  const { threadId } = await at.asked();
  using socket = openSocket(at.url, threadId);
  await socket.opened;
  const reply = await socket.command("subscription.reconnect", { run_id: "any" });
  expect(reply).toMatchObject({ type: "error", error: "unknown_command" });
  // Instead: subscribe with `since`; nothing is lost.
  const all = await readEvents(at.url, threadId);
  await using rest = openEvents(at.url, threadId, { channels: ["lifecycle"], since: all.at(-2)?.seq });
  expect((await rest.events.next()).value).toEqual(all.at(-1));
});
