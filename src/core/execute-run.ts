import type { Receipt } from "../effects/index.ts";
import { isCountersignError } from "../protocol/errors.ts";
import type { Json, JsonObject } from "../protocol/json.ts";
import { ThreadCheckpointer } from "./checkpointer.ts";
import { type AttemptLedger, createEffectsLedger } from "./effects-ledger.ts";
import { createEngineEvents } from "./engine-events.ts";
import type { Feed } from "./feed.ts";
import { asRefusedResume, type Engine } from "./graph.ts";
import { createJournal, type Journal } from "./journal.ts";
import { inputAnswered, inputRequested, rootLifecycle } from "./lifecycle.ts";
import { findPending } from "./pending.ts";
import type { Fact, Lease, RunEnd, RunRecord, Store } from "./ports.ts";
import { StreamHandler } from "./stream-handler.ts";

export interface AttemptDeps {
  store: Store;
  feed: Feed;
  now: () => number;
  /** Told of errors that nobody else hears of. */
  report: (error: unknown, context: Record<string, unknown>) => void;
}

export interface Attempt {
  engine: Engine;
  run: RunRecord;
  lease: Lease;
  /** Aborted with a {@link StopReason}. */
  control: AbortController;
}

/** Why an attempt was stopped from outside. `shutdown` leaves the run to the next process. */
export type StopReason = "cancel" | "shutdown" | "lease_lost";

/** Attempts at one run before it counts as one that takes its process down with it. */
const maxAttempts = 10;

/** How long running effects may take to settle after a cancel, in ms. */
const settleDeadlineMs = 30_000;

/**
 * One attempt at a run: hands the engine its input, or what is left of it after a crash, and records
 * everything the engine says under the lease. It ends the run in one transaction, or, when it lost the
 * lease or the process stops, not at all: the next attempt takes over.
 */
export async function executeRun(
  { store, feed, now, report }: AttemptDeps,
  { engine, run, lease, control }: Attempt,
): Promise<void> {
  const { threadId, runId } = run;
  const publish = (events: Parameters<Feed["publish"]>[1]) => feed.publish(threadId, events);
  const journal = createJournal({
    record: (facts) => store.runs.record(lease, facts),
    publish,
    onFailure(error) {
      if (!isCountersignError(error, "lease_lost")) report(error, { threadId, runId });
      control.abort("lease_lost" satisfies StopReason);
    },
  });
  const checkpointer = new ThreadCheckpointer({
    threadId,
    checkpoints: store.checkpoints,
    record: (facts) => journal.commit(facts),
    requested: (interrupt, namespace) => inputRequested(runId, interrupt, namespace, now()),
  });
  const events = createEngineEvents({ runId, now, checkpointer, event: journal.event });
  const ledger = createEffectsLedger(store.effects, lease, now, control.signal);

  const outcome = await attempt();
  if (stopReason(control.signal) === "shutdown" || stopReason(control.signal) === "lease_lost") return;
  try {
    publish(await store.runs.finish(lease, await toEnd(outcome)));
  } catch (error) {
    if (!isCountersignError(error, "lease_lost")) report(error, { threadId, runId });
  }

  async function attempt(): Promise<{ error?: unknown }> {
    try {
      if (run.attempt > maxAttempts)
        throw new Error(`Gave up after ${maxAttempts} attempts, none of which lived to its end.`);
      const start = await decideStart(store, engine, checkpointer, run);
      if ("refused" in start) return { error: start.refused };
      await engine.run({
        ...start,
        checkpointer,
        threadId,
        configurable: (asObject(run.kwargs.config).configurable ?? {}) as JsonObject,
        context: { effects: ledger, receipts: () => listReceipts(store, threadId), runId },
        metadata: {
          ...run.metadata,
          run_id: runId,
          thread_id: threadId,
          graph_id: run.graphId,
          assistant_id: run.assistantId,
        },
        tags: (asObject(run.kwargs.config).tags as string[] | undefined) ?? [],
        recursionLimit: asObject(run.kwargs.config).recursion_limit as number | undefined,
        callbacks: [new StreamHandler({ emit: events.emit, room: journal.room })],
        signal: control.signal,
        onChunk: events.take,
      });
      return {};
    } catch (error) {
      return { error };
    }
  }

  async function toEnd({ error }: { error?: unknown }): Promise<RunEnd> {
    const isCancelled = stopReason(control.signal) === "cancel";
    if (isCancelled) await settle(ledger);
    try {
      return await describeEnd({
        store,
        engine,
        checkpointer,
        journal,
        events,
        run,
        now,
        isCancelled,
        error,
      });
    } catch (cause) {
      // The graph cannot even say where it stands. The run must end all the same, or it would be tried for ever.
      report(cause, { threadId, runId });
      return plainEnd(run, await journal.drain(), toRunError(error ?? cause), now());
    }
  }
}

interface EndInputs {
  store: Store;
  engine: Engine;
  checkpointer: ThreadCheckpointer;
  journal: Journal;
  events: ReturnType<typeof createEngineEvents>;
  run: RunRecord;
  now: () => number;
  isCancelled: boolean;
  error: unknown;
}

/** What the run ended as, from what the engine says is still pending. */
async function describeEnd(inputs: EndInputs): Promise<RunEnd> {
  const { store, engine, checkpointer, journal, events, run, now, isCancelled, error } = inputs;
  const { snapshot, pending } = await findPending(store, engine, checkpointer, run.threadId);
  const pendingIds = new Set(pending.map(({ id }) => id));
  const rows = await store.interrupts.listOpen([run.threadId]);
  const supersede = rows.filter((row) => !pendingIds.has(row.interruptId)).map((row) => row.interruptId);
  const refused = asRefusedResume(error);
  const reopen = error === undefined ? [] : await undelivered(store, run, pendingIds);
  const isWaiting = pending.length > 0 || snapshot.next.length > 0;
  const isFailed = error !== undefined && !isCancelled;

  const lifecycle = isFailed ? "failed" : isCancelled || isWaiting ? "interrupted" : "completed";
  events.end(lifecycle);
  const at = now();
  const facts: Fact[] = await journal.drain();
  const say = (event: Parameters<Journal["event"]>[0]) => facts.push({ type: "event", event });
  if (supersede.length > 0) say(inputAnswered(run.runId, supersede, "superseded", at));
  for (const row of await store.interrupts.find(run.threadId, reopen)) {
    const { interruptId: id, value, responseSchema } = row;
    say(inputRequested(run.runId, { id, value, responseSchema }, row.namespace, at));
  }
  const described = isFailed ? toRunError(error) : null;
  say(
    rootLifecycle(run, lifecycle, at, {
      ...(described === null ? {} : { error: described.message }),
      ...(refused === undefined
        ? {}
        : { reason: refused.reason, interrupt_ids: refused.interruptIds, pending_ids: refused.pendingIds }),
      ...(isCancelled ? { reason: "cancelled" } : {}),
    }),
  );
  return {
    status: isFailed ? "error" : isCancelled ? "interrupted" : "success",
    error: described,
    facts,
    reopen,
    supersede,
    at,
  };
}

function plainEnd(
  run: RunRecord,
  facts: Fact[],
  error: { name: string; message: string },
  at: number,
): RunEnd {
  const event = rootLifecycle(run, "failed", at, { error: error.message });
  return {
    status: "error",
    error,
    facts: [...facts, { type: "event", event }],
    reopen: [],
    supersede: [],
    at,
  };
}

/** Answers of this run that never reached the graph: nothing of them is in the engine's writes. */
async function undelivered(store: Store, run: RunRecord, pendingIds: Set<string>): Promise<string[]> {
  const answered = Object.keys(asObject(run.kwargs.answers)).filter((id) => pendingIds.has(id));
  if (answered.length === 0) return [];
  const head = await store.checkpoints.find(run.threadId, "");
  const writes = head ? await store.checkpoints.writes(run.threadId, "", head.checkpointId) : [];
  const delivered = new Set(
    writes.filter(({ channel }) => channel === "__resume__").map(({ taskId }) => taskId),
  );
  return answered.filter((id) => !delivered.has(id));
}

/**
 * What the engine is started with. A first attempt gets the run's input or answers. A later one gets only
 * what no attempt got through: its answers restricted to the interrupts still pending, or nothing
 * (`null`: go on) when they, or the input, are in a checkpoint already (invariant 4).
 */
async function decideStart(
  store: Store,
  engine: Engine,
  checkpointer: ThreadCheckpointer,
  run: RunRecord,
): Promise<{ input: unknown; resume?: Record<string, unknown> } | { refused: Error }> {
  if (run.kind === "resume") {
    const answers = asObject(run.kwargs.answers);
    const { pending } = await findPending(store, engine, checkpointer, run.threadId);
    const open = pending.filter(({ id }) => id in answers).map(({ id }) => id);
    if (open.length > 0)
      return { input: null, resume: Object.fromEntries(open.map((id) => [id, answers[id]])) };
    if (run.attempt === 1)
      return {
        refused: notPending(
          Object.keys(answers),
          pending.map(({ id }) => id),
        ),
      };
    return { input: null };
  }
  if (run.attempt > 1) {
    const head = await store.checkpoints.find(run.threadId, "");
    if (head?.runId === run.runId) return { input: null };
  }
  return { input: run.kwargs.input ?? null };
}

function notPending(interruptIds: string[], pendingIds: string[]): Error {
  const error = new Error(
    "The graph no longer waits for this answer. Reload the thread and answer what is open now.",
  );
  return Object.assign(error, {
    name: "UnknownInterruptError",
    reason: "not_pending",
    interruptIds,
    pendingIds,
  });
}

async function listReceipts(store: Store, threadId: string): Promise<Receipt[]> {
  const rows = await store.interrupts.listAnswered(threadId);
  return rows.flatMap(({ interruptId, taskId, digest, value, answer }) =>
    answer === null
      ? []
      : [
          {
            interruptId,
            taskId,
            digest,
            question: value,
            answer: answer.value,
            actor: { id: answer.actor.id, verified: answer.actor.verified },
            at: new Date(answer.at).toISOString(),
          },
        ],
  );
}

function settle(ledger: AttemptLedger): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise((resolve) => {
    timer = setTimeout(resolve, settleDeadlineMs);
  });
  return Promise.race([ledger.settled(), deadline]).finally(() => clearTimeout(timer));
}

function stopReason(signal: AbortSignal): StopReason | undefined {
  return signal.aborted ? (signal.reason as StopReason) : undefined;
}

function toRunError(error: unknown): { name: string; message: string } {
  if (error instanceof Error) return { name: error.name, message: error.message };
  return { name: "Error", message: String(error) };
}

function asObject(value: Json | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}
