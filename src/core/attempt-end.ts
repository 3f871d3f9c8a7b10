import { asObject } from "../protocol/json.ts";
import type { ThreadCheckpointer } from "./checkpointer.ts";
import { idAfter } from "./doubts.ts";
import type { createEngineEvents } from "./engine-events.ts";
import { asRefusedResume, type Engine, type Snapshot } from "./graph.ts";
import type { Journal } from "./journal.ts";
import { inputAnswered, inputRequested, rootLifecycle } from "./lifecycle.ts";
import { findPending } from "./pending.ts";
import type { Fact, NewEvent, NewInterrupt, RunEnd, RunError, RunRecord, Store } from "./ports.ts";
import { namesOf } from "./question-names.ts";
import { rollBack, tellState } from "./rollback.ts";

/** What an attempt came to. */
export type Outcome =
  /** The engine came to an end or to a question, or to an error. */
  | { type: "ran"; error?: unknown }
  /** Stopped on request. */
  | { type: "cancelled" }
  | { type: "rolled_back" }
  /** Stopped on request where nothing new began. */
  | { type: "stopped" }
  | { type: "timed_out"; timeoutMs: number }
  /** These must be answered before the engine may begin, or go on. */
  | { type: "asks"; doubts: NewInterrupt[] };

export interface EndInputs {
  store: Store;
  engine: Engine;
  checkpointer: ThreadCheckpointer;
  journal: Journal;
  events: ReturnType<typeof createEngineEvents>;
  run: RunRecord;
  now: () => number;
}

/** What the run ended as, from its outcome and from what the engine says is still pending. */
export async function describeEnd(inputs: EndInputs, outcome: Outcome): Promise<RunEnd> {
  const { store, engine, checkpointer, journal, events, run, now } = inputs;
  const { threadId } = run;
  if (outcome.type === "asks") return describeDoubts(inputs, outcome.doubts);
  const restored = outcome.type === "rolled_back" ? await rollBack(store, checkpointer, run, now()) : [];
  const { snapshot, pending, tasks } = await findPending(store, engine, checkpointer.onlooker(), threadId);
  const pendingIds = new Set(pending.map(({ id }) => id));
  const rows = await store.interrupts.listOpen([threadId]);
  const supersede = rows.filter((row) => !pendingIds.has(row.engineId)).map((row) => row.interruptId);
  const error = toError(outcome);
  const isCancelled = isStopped(outcome);
  const mayLack = error !== null || outcome.type === "stopped";
  const reopen = mayLack ? await undelivered(store, run, pendingIds) : [];

  const status = error ? "failed" : isCancelled || tasks.size > 0 ? "interrupted" : "completed";
  events.end(status);
  const at = now();
  const facts: Fact[] = await journal.drain();
  const say = (event: NewEvent) => facts.push({ type: "event", event });
  const isWhole = error === null && (outcome.type === "ran" || outcome.type === "stopped");
  const isToldAll = isWhole && events.isTold(headOf(snapshot));
  const stands = isToldAll || restored.length > 0 ? restored : await tellState(store, run, at);
  for (const event of stands) say(event);
  if (supersede.length > 0) say(inputAnswered(run.runId, supersede, "superseded", at));
  for (const row of await store.interrupts.find(threadId, reopen)) {
    const { interruptId: id, value, responseSchema } = row;
    say(inputRequested(run.runId, { id, value, responseSchema }, row.namespace, at));
  }
  const isBreakpoint = status === "interrupted" && outcome.type === "ran" && pending.length === 0;
  const details = isBreakpoint ? { reason: "breakpoint" } : await terminalDetails(inputs, outcome, error);
  say(rootLifecycle(run, status, at, details));
  return { status: toRunStatus(outcome, error), error, facts, reopen, supersede, at };
}

/** When not even the graph can say where it stands: the run must end all the same, or it is tried for ever. */
export async function plainEnd({ journal, run, now }: EndInputs, error: unknown): Promise<RunEnd> {
  const described = describeError(error);
  const facts = await journal.drain();
  const event = rootLifecycle(run, "failed", now(), { error: described.message });
  return {
    status: "error",
    error: described,
    facts: [...facts, { type: "event", event }],
    reopen: [],
    supersede: [],
    at: now(),
  };
}

async function describeDoubts(
  { store, journal, events, run, now }: EndInputs,
  doubts: NewInterrupt[],
): Promise<RunEnd> {
  events.end("interrupted");
  const at = now();
  const facts: Fact[] = await journal.drain();
  for (const event of await tellState(store, run, at)) facts.push({ type: "event", event });
  for (const doubt of doubts) {
    const interrupt = { ...doubt, interruptId: await freshId(store, run.threadId, doubt.interruptId) };
    const { interruptId: id, value, responseSchema } = interrupt;
    const event = inputRequested(run.runId, { id, value, responseSchema }, [], at);
    facts.push({ type: "interrupt", interrupt, event });
  }
  facts.push({ type: "event", event: rootLifecycle(run, "interrupted", at) });
  return { status: "success", error: null, facts, reopen: [], supersede: [], at };
}

/**
 * A question that is asked again, after it was answered or put away, has an id of its own: an id is answered once,
 * and clients keep hidden what they have seen answered.
 */
async function freshId(store: Store, threadId: string, interruptId: string): Promise<string> {
  const [row] = await store.interrupts.find(threadId, [interruptId]);
  if (row === undefined || row.status === "open") return interruptId;
  return freshId(store, threadId, idAfter(interruptId));
}

function headOf({ config }: Snapshot): string | undefined {
  return config.configurable?.checkpoint_id as string | undefined;
}

/** What the terminal event says beside the status. */
async function terminalDetails(
  { store, run }: EndInputs,
  outcome: Outcome,
  error: RunError | null,
): Promise<Record<string, unknown>> {
  const refused = outcome.type === "ran" ? asRefusedResume(outcome.error) : undefined;
  const effects =
    outcome.type === "rolled_back" ? await store.effects.listOfRun(run.threadId, run.runId) : [];
  return {
    ...(error === null ? {} : { error: error.message }),
    ...(refused === undefined
      ? {}
      : { reason: refused.reason, interrupt_ids: refused.interruptIds, pending_ids: refused.pendingIds }),
    ...(outcome.type === "cancelled" ? { reason: "cancelled" } : {}),
    ...(outcome.type === "stopped" ? { reason: "stopped_after_step" } : {}),
    ...(outcome.type === "rolled_back"
      ? { reason: "rolled_back", effects: effects.map(({ key, about, status }) => ({ key, about, status })) }
      : {}),
    ...(outcome.type === "timed_out" ? { reason: "timeout" } : {}),
  };
}

/** True for what ended because somebody asked for it. */
function isStopped({ type }: Outcome): boolean {
  return type === "cancelled" || type === "rolled_back" || type === "stopped";
}

function toRunStatus(outcome: Outcome, error: RunError | null): RunEnd["status"] {
  if (isStopped(outcome)) return "interrupted";
  if (outcome.type === "timed_out") return "timeout";
  return error === null ? "success" : "error";
}

function toError(outcome: Outcome): RunError | null {
  if (outcome.type === "timed_out") {
    const message = `The run took longer than ${outcome.timeoutMs} ms (runTimeoutMs) and was stopped.`;
    return { name: "TimeoutError", message };
  }
  return outcome.type === "ran" && outcome.error !== undefined ? describeError(outcome.error) : null;
}

/** Answers of this run that never reached the graph: nothing of them is in the engine's writes. */
async function undelivered(store: Store, run: RunRecord, pendingIds: Set<string>): Promise<string[]> {
  const names = namesOf(run);
  const waiting = Object.keys(asObject(run.kwargs.answers)).filter((id) => pendingIds.has(id));
  const answered = waiting.map((id) => names[id] ?? id);
  if (answered.length === 0) return [];
  const head = await store.checkpoints.find(run.threadId, "");
  const writes = head ? await store.checkpoints.writes(run.threadId, "", head.checkpointId) : [];
  const delivered = new Set(
    writes.filter(({ channel }) => channel === "__resume__").map(({ taskId }) => taskId),
  );
  return answered.filter((id) => !delivered.has(id));
}

function describeError(error: unknown): RunError {
  if (error instanceof Error) return { name: error.name, message: error.message };
  return { name: "Error", message: String(error) };
}
