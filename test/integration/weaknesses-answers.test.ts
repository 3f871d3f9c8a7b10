import { Annotation, END, interrupt, START, StateGraph } from "@langchain/langgraph";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { clientOf } from "../support/both-stores.ts";
import { openEvents, openInterrupts, readEvents, sendCommand, type WireEvent } from "../support/command.ts";
import { openConversation } from "../support/conversation.ts";
import { input, openRows, type Row, resume } from "../support/rows.ts";
import { createGate } from "../support/site-graphs.ts";

/** What the servers of docs/reference-servers.md do with answers, runs and the state of threads. */

const State = Annotation.Root({
  said: Annotation<unknown[]>({ reducer: (before, after) => [...before, ...after], default: () => [] }),
});

/** How often the graph acted, by thread: what the state shows may be less. */
const acted = new Map<string, number>();

const gate = createGate();

/** Asks twice; what it does upon the first answer waits at the gate. */
const gates = new StateGraph(State)
  .addNode("email", () => ({ said: [interrupt("send email?")] }))
  .addNode("send", async (_state, config) => {
    await gate.pass();
    const threadId = String(config.configurable?.thread_id);
    acted.set(threadId, (acted.get(threadId) ?? 0) + 1);
    return {};
  })
  .addNode("delete", () => ({ said: [interrupt("delete db?")] }))
  .addEdge(START, "email")
  .addEdge("email", "send")
  .addEdge("send", "delete")
  .addEdge("delete", END);

/** Waits at the gate until it is told to stop. */
const wait = new StateGraph(State)
  .addNode("wait", async (_state, { signal }) => {
    const stopped = new Promise<never>((_resolve, reject) =>
      signal?.addEventListener("abort", () => reject(new Error("stopped"))),
    );
    await Promise.race([gate.pass(), stopped]);
    return { said: ["waited"] };
  })
  .addEdge(START, "wait")
  .addEdge("wait", END);

let at: Row;
beforeAll(async () => {
  at = await openRows({ graphs: { gates, wait } });
});
afterAll(async () => {
  gate.open();
  await at[Symbol.asyncDispose]();
});

beforeEach(() => gate.open());

const nothing = { said: [] };
const respond = (threadId: string, id: string | undefined, response: unknown, name = "ana") =>
  sendCommand(at.url, threadId, {
    method: "input.respond",
    params: { interrupt_id: id, response },
    headers: { "x-countersign-name": name },
  });
const second = (threadId: string) =>
  expect
    .poll(async () => openInterrupts(await at.until(threadId, "interrupted"))[0]?.value)
    .toBe("delete db?");
async function waits(more: object = {}) {
  gate.shut();
  const threadId = crypto.randomUUID();
  const { result } = await at.command(threadId, "run.start", {
    assistant_id: "wait",
    input: nothing,
    ...more,
  });
  await at.until(threadId, "busy");
  return { threadId, runId: String(result?.run_id) };
}
const status = async (threadId: string, runId: string) =>
  (await at.call(`GET /threads/${threadId}/runs/${runId}`)).body.status;

test("D6: a thread that waits for an answer says so, whoever started it, and is found by it", async () => {
  const { threadId, thread } = await at.asked("gates", nothing);
  expect(thread).toMatchObject({ status: "interrupted", values: { said: [] } });
  expect(openInterrupts(thread)).toMatchObject([{ value: "send email?" }]);
  const found = await clientOf(at.url).threads.search({ status: "interrupted", ids: [threadId] } as never);
  expect(found).toMatchObject([{ thread_id: threadId, interrupts: thread.interrupts }]);
});

test("D8: of three answers at once one counts, and the others are told who was first", async () => {
  const { threadId, question } = await at.asked("gates", nothing);
  const names = ["ana", "ben", "cleo"];
  const replies = await Promise.all(names.map((name) => respond(threadId, question, name, name)));
  const [winner] = replies.filter(({ type }) => type === "success");
  expect(replies.filter(({ type }) => type === "success")).toHaveLength(1);
  const first = names[replies.indexOf(winner as (typeof replies)[number])];
  for (const refused of replies.filter(({ type }) => type === "error"))
    expect(refused).toMatchObject({
      error: "no_such_interrupt",
      message: expect.stringContaining(String(first)),
    });
  await second(threadId);
  expect((await at.until(threadId, "interrupted")).values).toEqual({ said: [first] });
});

test("E1: of three answers at once one is acted upon, once", async () => {
  const { threadId, question } = await at.asked("gates", nothing);
  await Promise.all(["ana", "ben", "cleo"].map((name) => respond(threadId, question, name, name)));
  await second(threadId);
  expect(acted.get(threadId)).toBe(1);
});

test("D9: a wrong id is refused, in whatever form, and nothing of it reaches the graph", async () => {
  const { threadId, question } = await at.asked("gates", nothing);
  for (const id of ["0".repeat(32), "nope", "__proto__", `${question} `])
    expect(await respond(threadId, id, "x")).toMatchObject({ type: "error", error: "no_such_interrupt" });
  const client = clientOf(at.url);
  const unknown = { ["0".repeat(32)]: "x" };
  await expect(client.runs.wait(threadId, "gates", { command: { resume: unknown } })).rejects.toThrow(/409/);
  const thread = await at.until(threadId, "interrupted");
  expect([thread.values, openInterrupts(thread)[0]?.id, acted.get(threadId)]).toEqual([
    nothing,
    question,
    undefined,
  ]);
});

test("D10: the second click of a double click answers no other question", async () => {
  const { threadId } = await at.asked("gates", nothing);
  const client = clientOf(at.url);
  const click = () =>
    client.runs.create(threadId, "gates", { command: { resume: "yes" }, multitaskStrategy: "enqueue" });
  gate.shut();
  await click();
  await expect(click()).rejects.toThrow(/409.*nothing to resume/s);
  gate.open();
  await second(threadId);
  expect((await at.until(threadId, "interrupted")).values).toEqual({ said: ["yes"] });
  expect(acted.get(threadId)).toBe(1);
});

test("D11: what is typed into the chat approves nothing", async () => {
  const { threadId, question } = await at.asked("gates", nothing);
  const typed = await at.command(threadId, "run.start", { assistant_id: "gates", input: { said: ["hm"] } });
  expect(typed).toMatchObject({ type: "error", meta: { code: "interrupts_open", open_ids: [question] } });
  expect(acted.get(threadId)).toBeUndefined();
  expect((await at.until(threadId, "interrupted")).values).toEqual(nothing);
});

test("D12: an answer that comes when all is over is refused, in both protocols", async () => {
  const { threadId, question } = await at.asked("ask");
  await at.call(`POST /threads/${threadId}/runs/wait`, { assistant_id: "ask", command: resume });
  const client = clientOf(at.url);
  await expect(client.runs.wait(threadId, "ask", { command: resume })).rejects.toThrow(/409/);
  expect(await respond(threadId, question, { send: false })).toMatchObject({ error: "no_such_interrupt" });
});

test("D13: a rollback takes the state back to before the run", async () => {
  const { threadId, question } = await at.asked("gates", nothing);
  await respond(threadId, question, "yes");
  await second(threadId);
  const { body: before } = await at.call<{ values: object; next: string[] }>(
    `GET /threads/${threadId}/state`,
  );
  gate.shut();
  const { body: run } = await at.call<{ run_id: string }>(`POST /threads/${threadId}/runs`, {
    assistant_id: "wait",
    input: { said: ["more"] },
    multitask_strategy: "interrupt",
  });
  await at.until(threadId, "busy");
  await clientOf(at.url).runs.cancel(threadId, run.run_id, true, "rollback");
  const { body: after } = await at.call<{ values: object }>(`GET /threads/${threadId}/state`);
  expect(after.values).toEqual(before.values);
});

test("D14: a cancelled run leaves values and questions; `wait=0` is answered at once", async () => {
  const { threadId, runId } = await waits({ input: { said: ["kept"] } });
  const cancel = await at.call(`POST /threads/${threadId}/runs/${runId}/cancel?wait=0&action=interrupt`);
  expect(cancel.status).toBe(202);
  await expect.poll(() => status(threadId, runId)).toBe("interrupted");
  expect((await at.call(`GET /threads/${threadId}`)).body.values).toEqual({ said: ["kept"] });
});

test("D26: a subgraph that stopped at a question was interrupted, not completed", async () => {
  await using rows = await openRows();
  const { threadId } = await rows.asked("nested", { notes: ["start"] });
  const nested = (await readEvents(rows.url, threadId)).filter(
    ({ method, params }) => method === "lifecycle" && params.namespace.length === 1,
  );
  expect(nested.map(({ params }) => params.data.event)).toEqual(["started", "interrupted"]);
});

async function until(events: AsyncIterator<WireEvent>, event: string): Promise<string[]> {
  const heard: string[] = [];
  while (heard.at(-1) !== event) {
    const { value, done } = await events.next();
    if (done) throw new Error(`The stream ended before ${event}: ${heard}`);
    heard.push(value.method === "lifecycle" ? String(value.params.data.event) : value.method);
  }
  return heard;
}

test("D27: both protocols see each other: a tab hears of an answer by REST, and answers what REST has started", async () => {
  const { threadId } = await at.asked("ask");
  await using tab = openEvents(at.url, threadId, {
    channels: ["lifecycle", "input"],
    namespaces: [[]],
    depth: 0,
  });
  await until(tab.events, "interrupted");
  const client = clientOf(at.url);
  await client.runs.wait(threadId, "ask", { command: resume });
  expect(await until(tab.events, "completed")).toEqual(["input.answered", "running", "completed"]);

  const { thread_id: other } = await client.threads.create();
  await client.runs.wait(other, "ask", { input });
  await using chat = await openConversation(at.url, other, { assistantId: "ask" });
  await expect.poll(() => chat.now().interrupts.length).toBe(1);
  await chat.answer({ send: true });
  await chat.finished();
});

test("E2: late answers, wrong ids and messages are refused by the same rule on every thread", async () => {
  const { threadId, question } = await at.asked("ask");
  expect(await respond(threadId, "nope", "x")).toMatchObject({ type: "error" });
  expect(await at.command(threadId, "run.start", { assistant_id: "ask", input })).toMatchObject({
    type: "error",
  });
  expect(await respond(threadId, question, { send: true })).toMatchObject({ type: "success" });
  await at.until(threadId, "idle");
  const late = await respond(threadId, question, { send: true }, "ben");
  expect(late).toMatchObject({ error: "no_such_interrupt", message: expect.stringContaining("ana") });
});

test("E3: with `reject` a second run is refused while one is on; of all runs each event has its own id", async () => {
  const { threadId, runId } = await waits();
  const refused = await at.command(threadId, "run.start", {
    assistant_id: "wait",
    input: nothing,
    multitaskStrategy: "reject",
  });
  expect(refused).toMatchObject({ type: "error", meta: { code: "thread_busy" } });
  const queued = await at.command(threadId, "run.start", { assistant_id: "wait", input: nothing });
  expect(await status(threadId, String(queued.result?.run_id))).toBe("pending");
  gate.open();
  await expect.poll(() => status(threadId, String(queued.result?.run_id))).toBe("success");
  expect(await status(threadId, runId)).toBe("success");
  const events = await readEvents(at.url, threadId);
  expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(events.length);
  const root = events.filter(({ method, params }) => method === "lifecycle" && params.namespace.length === 0);
  expect(root.map(({ params }) => params.data.event)).toEqual([
    "running",
    "completed",
    "running",
    "completed",
  ]);
});

test("E4: `stop()` of the stock client really stops the run", async () => {
  gate.shut();
  const threadId = crypto.randomUUID();
  await using chat = await openConversation(at.url, threadId, { assistantId: "wait" });
  void chat.controller.submit(nothing as never);
  await at.until(threadId, "busy");
  await expect.poll(() => chat.now().isLoading).toBe(true);
  await chat.controller.stop();
  await at.until(threadId, "idle");
  const { body: runs } = await at.call<{ status: string }[]>(`GET /threads/${threadId}/runs`);
  expect(runs.map((run) => run.status)).toEqual(["interrupted"]);
  expect((await at.call(`GET /threads/${threadId}`)).body.values).toEqual(nothing);
});
