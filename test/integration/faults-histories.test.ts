import { setTimeout as wait } from "node:timers/promises";
import { END, interrupt, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { effect } from "../../src/effects/index.ts";
import type { WireRun } from "../../src/protocol/shapes.ts";
import {
  type CommandReply,
  compareView,
  createView,
  getState,
  getThread,
  listRuns,
  readLog,
  ScriptedModel,
  sendCommand,
} from "../../src/testing/index.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

/**
 * Random histories: several people send commands, one after the other or at once, to a few threads, and a
 * simple model knows what must hold whatever the order was. `COUNTERSIGN_SEED` repeats a history.
 */

const seed = Number(process.env.COUNTERSIGN_SEED ?? Date.now() % 1_000_000);
const numRuns = Number(process.env.COUNTERSIGN_HISTORIES ?? 40);

const [threads, people] = [2, 3];
const who = { thread: fc.nat(threads - 1), person: fc.nat(people - 1) };
const strategies = ["reject", "enqueue", "interrupt", "rollback", undefined] as const;
const command = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      ...who,
      type: fc.constant("start" as const),
      strategy: fc.constantFrom(...strategies),
      key: fc.constantFrom(undefined, "s1", "s2"),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      ...who,
      type: fc.constant("respond" as const),
      which: fc.constantFrom("open", "open", "stale", "unknown", "malformed", "again"),
      key: fc.constantFrom(undefined, undefined, "r1"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      ...who,
      type: fc.constant("cancel" as const),
      action: fc.constantFrom("interrupt", "rollback"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ ...who, type: fc.constant("get" as const) }) },
  { weight: 1, arbitrary: fc.record({ ...who, type: fc.constant("delete" as const) }) },
  { weight: 3, arbitrary: fc.record({ ...who, type: fc.constant("settle" as const) }) },
);
type Step = typeof command extends fc.Arbitrary<infer T> ? T : never;

/** What people asked of one thread and were promised, since it was deleted last. */
interface Model {
  threadId: string;
  /** Runs by what was accepted. */
  runs: Set<string>;
  /** By person and key: the run it got first. */
  keys: Map<string, string>;
  answers: { person: number; interruptId: string; response: Answer; runId: string }[];
}

function createModel(): Model {
  return { threadId: crypto.randomUUID(), runs: new Set(), keys: new Map(), answers: [] };
}

interface Answer {
  send: boolean;
  nonce: string;
}

interface Performed {
  threadId: string;
  nonce: string;
}

/** Talks, asks, and does what it was told, once. */
function createGraph(performed: Performed[]) {
  // Slow enough that commands meet a run that is on.
  const model = new ScriptedModel({ script: () => ({ text: "Shall I send it?" }), pause: () => wait(2) });
  const responseSchema = z.object({ send: z.boolean(), nonce: z.string() });
  return new StateGraph(MessagesAnnotation)
    .addNode("talk", async (state) => ({ messages: [await model.invoke(state.messages)] }))
    .addNode("ask", async () => {
      const { nonce } = interrupt<unknown, Answer>({ question: "Send it?" }, { responseSchema });
      return { messages: [{ role: "assistant", content: nonce }] };
    })
    .addNode("act", async (state, config) => {
      const nonce = String(state.messages.at(-1)?.content);
      const threadId = String(config.configurable?.thread_id);
      await effect(config, { key: "send" }, async () => performed.push({ threadId, nonce }));
      return { messages: [{ role: "assistant", content: "Sent." }] };
    })
    .addEdge(START, "talk")
    .addEdge("talk", "ask")
    .addEdge("ask", "act")
    .addEdge("act", END);
}

const input = { messages: [{ role: "user", content: "a letter" }] };

/** Sends what a step says, and judges the reply by itself. */
async function take(url: string, model: Model, step: Step): Promise<void> {
  const { threadId } = model;
  const actor = `person ${step.person}`;
  if (step.type === "start") {
    const { strategy, key } = step;
    const params = { assistant_id: "ask", input, ...(strategy ? { multitask_strategy: strategy } : {}) };
    const keyed = key === undefined ? {} : { idempotencyKey: key };
    const reply = await sendCommand(url, threadId, { method: "run.start", params, actor, ...keyed });
    if (model.threadId !== threadId) return; // somebody deleted it meanwhile
    if (reply.type === "error") {
      expect(["interrupts_open", "thread_busy"]).toContain(reply.meta?.code);
      expect([undefined, "reject"]).toContain(strategy);
    } else promise(model, reply, key === undefined ? undefined : `${actor}/${key}`);
  } else if (step.type === "respond") {
    await respond(url, model, step);
  } else if (step.type === "cancel") {
    const [run] = (await listRuns(url, threadId)) ?? [];
    const path = `${url}/threads/${threadId}/runs/${run?.run_id}/cancel?wait=1&action=${step.action}`;
    const { status } = run ? await fetch(path, { method: "POST" }) : { status: 204 };
    expect([200, 202, 204, 404]).toContain(status);
  } else if (step.type === "get") {
    const reply = await sendCommand(url, threadId, { method: "state.get", params: { namespace: [] } });
    expect(reply.type === "success" || reply.error === "no_such_thread").toBe(true);
  } else if (step.type === "delete") {
    const { status } = await fetch(`${url}/threads/${threadId}`, { method: "DELETE" });
    expect([200, 204, 404, 422]).toContain(status);
    if (status < 300 && model.threadId === threadId) Object.assign(model, createModel());
  } else await settle(url, threadId);
}

/** A run that was promised: kept in mind, and the same one under the same key. */
function promise(model: Model, { result, meta }: CommandReply, key: string | undefined): string {
  const runId = String(result?.run_id);
  const first = key === undefined ? undefined : model.keys.get(key);
  if (first !== undefined) expect(runId, "one key, one run").toBe(first);
  if (key !== undefined) model.keys.set(key, runId);
  if (!meta?.repeated) expect(model.runs, "a new command, a new run").not.toContain(runId);
  model.runs.add(runId);
  return runId;
}

async function respond(url: string, model: Model, step: Extract<Step, { type: "respond" }>): Promise<void> {
  const { threadId } = model;
  const before = model.answers.findLast(({ person }) => person === step.person);
  const thread = await getThread(url, threadId);
  const open = Object.values(thread?.interrupts ?? {}).flat()[0]?.id;
  const targets = { open, stale: model.answers[0]?.interruptId, unknown: "f".repeat(32), malformed: open };
  const interruptId =
    step.which === "again" ? before?.interruptId : targets[step.which as keyof typeof targets];
  if (thread === undefined || interruptId === undefined) return;
  const nonce = crypto.randomUUID();
  const fresh = step.which === "malformed" ? { send: "perhaps" } : { send: true, nonce };
  const response = step.which === "again" ? before?.response : fresh;
  const actor = `person ${step.person}`;
  const key = step.which === "open" ? step.key : undefined;
  const params = { interrupt_id: interruptId, response };
  const keyed = key === undefined ? {} : { idempotencyKey: key };
  const reply = await sendCommand(url, threadId, { method: "input.respond", params, actor, ...keyed });
  if (model.threadId !== threadId) return; // somebody deleted it meanwhile
  if (reply.type === "error") {
    const allowed = ["no_such_interrupt", "invalid_argument", "no_such_thread"];
    expect(allowed, JSON.stringify(reply)).toContain(reply.error);
    return;
  }
  expect(["unknown", "malformed"]).not.toContain(step.which);
  const runId = promise(model, reply, key === undefined ? undefined : `${actor}/${key}`);
  if (reply.meta?.repeated) return;
  const { person } = step;
  model.answers.push({ person, interruptId, response: response as Answer, runId });
}

/** Waits until a thread has nothing to do but wait for people. */
async function settle(url: string, threadId: string): Promise<WireRun[]> {
  let runs: WireRun[] = [];
  await expect
    .poll(
      async () => {
        const thread = await getThread(url, threadId);
        runs = (await listRuns(url, threadId)) ?? [];
        const waits = thread?.status === "interrupted";
        return runs.filter(({ status }) => status === "running" || (status === "pending" && !waits)).length;
      },
      { timeout: 10_000, interval: 5 },
    )
    .toBe(0);
  return runs;
}

/** What must hold once a thread is quiet, whatever came before. */
async function judge(url: string, { threadId, runs: promised, answers }: Model, performed: Performed[]) {
  const runs = await settle(url, threadId);
  const known = new Map(runs.map((run) => [run.run_id, run]));
  for (const runId of promised) expect(known.has(runId), `run ${runId} was promised`).toBe(true);
  const failed = runs.filter(({ status }) => status === "error" || status === "timeout");
  expect(failed, "what was accepted never fails").toEqual([]);
  const mine = performed.filter((one) => one.threadId === threadId).map(({ nonce }) => nonce);
  expect(new Set(mine).size, "nothing was done twice").toBe(mine.length);
  const byNonce = new Map(answers.map((answer) => [answer.response.nonce, answer]));
  for (const nonce of mine) expect(byNonce.has(nonce), "only what was accepted was done").toBe(true);
  const questions = mine.map((nonce) => byNonce.get(nonce)?.interruptId);
  expect(new Set(questions).size, "one question, one answer").toBe(questions.length);
  for (const { response, runId } of answers) {
    if (known.get(runId)?.status === "success")
      expect(mine, "what was accepted was done").toContain(response.nonce);
  }
  const state = await getState(url, threadId);
  if (state === undefined) return;
  const faults: string[] = [];
  const view = createView((fault) => faults.push(fault));
  for (const event of await readLog(url, threadId)) view.apply(event);
  expect([...faults, ...compareView("replay", view, state)]).toEqual([]);
}

test(`random histories of several people (seed ${seed}) keep every promise`, async () => {
  const performed: Performed[] = [];
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { ask: createGraph(performed) }, directory: directory.path });
  const history = fc.array(fc.array(command, { minLength: 1, maxLength: 3 }), {
    minLength: 4,
    maxLength: 14,
  });
  const keepsPromises = fc.asyncProperty(history, async (batches) => {
    const models = Array.from({ length: threads }, createModel);
    for (const batch of batches) {
      await Promise.all(batch.map((step) => take(server.url, models[step.thread] as Model, step)));
    }
    for (const model of models) await judge(server.url, model, performed);
  });
  await fc.assert(keepsPromises, { seed, numRuns, interruptAfterTimeLimit: 60_000, endOnFailure: false });
}, 120_000);
