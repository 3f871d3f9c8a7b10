import type { Receipt } from "../effects/index.ts";
import { isCountersignError } from "../protocol/errors.ts";
import { asObject, type JsonObject } from "../protocol/json.ts";
import { createActing } from "./acting.ts";
import { createAsks } from "./asks.ts";
import { describeEnd, type Outcome, plainEnd } from "./attempt-end.ts";
import { decideStart } from "./attempt-start.ts";
import { findBegunMessages } from "./begun-messages.ts";
import { ThreadCheckpointer } from "./checkpointer.ts";
import { toDoubt } from "./doubts.ts";
import { type AttemptLedger, createEffectsLedger } from "./effects-ledger.ts";
import { createEngineEvents } from "./engine-events.ts";
import type { Feed } from "./feed.ts";
import type { Engine } from "./graph.ts";
import { ItemStore } from "./item-store.ts";
import type { Items } from "./items.ts";
import { createJournal } from "./journal.ts";
import { inputRequested } from "./lifecycle.ts";
import type { Lease, RunEnd, RunRecord, Store } from "./ports.ts";
import { type QuestionNames, toNames } from "./question-names.ts";
import { createIsToStop, createStepGate, type StepStop } from "./step-stop.ts";
import { StreamHandler } from "./stream-handler.ts";

export interface AttemptDeps {
  store: Store;
  items: Items;
  feed: Feed;
  now: () => number;
  runTimeoutMs: number;
  /** Told of errors that nobody else hears of. */
  report: (error: unknown, context: Record<string, unknown>) => void;
}

export interface Attempt {
  engine: Engine;
  run: RunRecord;
  lease: Lease;
  /** Aborted with a {@link StopReason}. */
  control: AbortController;
  stepStop: StepStop;
  /** Attempts before this one that were given back, and took no process down with them. */
  returned: number;
}

/**
 * Why an attempt was stopped from outside. After `shutdown`, `lease_lost` and `store_failed` the run has not
 * ended: another attempt goes on with it.
 */
export type StopReason =
  | "cancel"
  | "rollback"
  | "timeout"
  | "shutdown"
  | "lease_lost"
  | "store_failed"
  /** A node waits for an effect that may have happened: a person is asked. */
  | "in_doubt";

/** Attempts at one run before it counts as one that takes its process down with it. */
const maxAttempts = 10;

/** How long running effects may take to settle after a stop, in ms. */
const settleDeadlineMs = 30_000;

/** The same when the process stops: what has not settled by then is asked about later. */
const shutdownDeadlineMs = 1_000;

/**
 * One attempt at a run: hands the engine its input, or what is left of it after a crash, and records
 * everything the engine says under the lease.
 *
 * @returns `ended` when the run's end is recorded (one transaction); `lost` when another attempt has it;
 * `unfinished` when this attempt holds it still and cannot go on: the lease should be released.
 */
export async function executeRun(
  deps: AttemptDeps,
  attempt: Attempt,
): Promise<"ended" | "lost" | "unfinished"> {
  const { store, feed, now, report } = deps;
  const { run, lease, control } = attempt;
  const context = { threadId: run.threadId, runId: run.runId };
  const onFailure = createOnFailure(deps, attempt);
  const inputs = createInputs(deps, attempt, onFailure);
  const { signal } = control;
  const onDoubt = () => control.abort("in_doubt" satisfies StopReason);
  const ledger = createEffectsLedger({
    ...{ effects: store.effects, lease, now, signal, onFailure, onDoubt },
    onStart: inputs.acting.isKnown,
  });

  const ran = await runEngine(deps, attempt, inputs, ledger);
  const deadlineMs = stopReason(control.signal) === "shutdown" ? shutdownDeadlineMs : settleDeadlineMs;
  if (control.signal.aborted) await settle(ledger, deadlineMs);
  const reason = stopReason(control.signal);
  const outcome: ReturnType<typeof toOutcome> =
    reason === "in_doubt"
      ? { type: "asks", doubts: ledger.doubts().map((effect) => toDoubt(run.threadId, effect)) }
      : toOutcome(ran, reason, deps.runTimeoutMs);
  if (outcome === "lost" || outcome === "unfinished") return outcome;
  try {
    feed.publish(run.threadId, await store.runs.finish(lease, await toEnd()));
    return "ended";
  } catch (error) {
    if (isCountersignError(error, "lease_lost")) return "lost";
    report(error, context);
    return "unfinished";
  }

  async function toEnd(): Promise<RunEnd> {
    try {
      return await describeEnd(inputs, outcome as Outcome);
    } catch (cause) {
      if (isCountersignError(cause, "store_unavailable")) throw cause;
      report(cause, context);
      return plainEnd(inputs, (outcome as { error?: unknown }).error ?? cause);
    }
  }
}

/** What the store throws ends the attempt: another one goes on from what is recorded. */
function createOnFailure({ report }: AttemptDeps, { run, control }: Attempt): (error: unknown) => void {
  return (error) => {
    const isLost = isCountersignError(error, "lease_lost");
    if (!isLost) report(error, { threadId: run.threadId, runId: run.runId });
    control.abort((isLost ? "lease_lost" : "store_failed") satisfies StopReason);
  };
}

function createInputs(
  { store, items, feed, now }: AttemptDeps,
  { engine, run, lease, stepStop }: Attempt,
  onFailure: (error: unknown) => void,
) {
  const { threadId, runId } = run;
  const journal = createJournal({
    record: (facts) => store.runs.record(lease, facts),
    publish: (events) => feed.publish(threadId, events),
    onFailure,
  });
  const asks = createAsks();
  const checkpointer = new ThreadCheckpointer({
    threadId,
    checkpoints: store.checkpoints,
    record: (facts) => journal.commit(facts),
    requested: (interrupt, namespace) => inputRequested(runId, interrupt, namespace, now()),
    termsOf: asks.termsOf,
  });
  const names: QuestionNames = {};
  const events = createEngineEvents({
    runId,
    now,
    checkpointer,
    names,
    event: journal.event,
    isWanted: (method) => feed.isWanted(threadId, method),
  });
  const receipts = async () => {
    try {
      return await listReceipts(store, threadId);
    } catch (error) {
      onFailure(error); // or a node would take it for its own
      throw error;
    }
  };
  const owner = async () => (await store.threads.find(threadId))?.owner ?? null;
  const itemStore = new ItemStore({ items, lease, owner, onFailure });
  const isToStop = createIsToStop(stepStop, { runs: store.runs, lease, onFailure });
  const acting = createActing(journal, run);
  const forNodes = { asks, receipts, isToStop };
  return { store, engine, checkpointer, journal, events, names, run, now, forNodes, acting, itemStore };
}

/** Lets the engine run, unless something else comes first. Returns its error, if it threw one. */
async function runEngine(
  { store }: AttemptDeps,
  { engine, run, control, stepStop, returned }: Attempt,
  { checkpointer, journal, events, names, forNodes, acting, itemStore }: ReturnType<typeof createInputs>,
  ledger: AttemptLedger,
): Promise<Outcome> {
  const { threadId, runId } = run;
  try {
    if (run.attempt - returned > maxAttempts) {
      throw new Error(`Gave up after ${maxAttempts} attempts, none of which lived to its end.`);
    }
    control.signal.throwIfAborted();
    const start = await decideStart(store, engine, checkpointer, run);
    if (start.type === "refused") return { type: "ran", error: start.error };
    if (start.type === "ask")
      return stepStop.isWanted ? { type: "stopped" } : { type: "asks", doubts: start.doubts };
    if (start.type === "stop") return { type: "cancelled" };
    if (start.type === "nothing") return { type: "ran" };
    if (start.command?.goto === "__end__" && start.resume === undefined) {
      // The engine has no such branch, and would just ask again: what waits is put away by writing its end.
      const end = { values: start.command.update ?? null, asNode: "__end__" };
      await engine.update(checkpointer, { threadId }, end);
      return { type: "ran" };
    }
    // Beside those that are answered others may be open, and come up again.
    if (start.resume) Object.assign(names, toNames(await store.interrupts.listOpen([threadId])));
    const config = asObject(run.kwargs.config);
    // It was accepted before other things were approved, maybe: those approvals were of another state.
    const isWriting = start.command !== undefined || start.checkpointId !== undefined;
    if (isWriting && start.resume === undefined) await journal.commit([{ type: "void" }]);
    const ended = await engine.run({
      input: start.input,
      ...(start.resume ? { resume: start.resume } : {}),
      ...(start.command ?? {}),
      checkpointId: start.checkpointId,
      interruptBefore: run.kwargs.interrupt_before as string[] | "*" | undefined,
      interruptAfter: run.kwargs.interrupt_after as string[] | "*" | undefined,
      runtimeContext: run.kwargs.context as JsonObject | undefined,
      checkpointer,
      store: itemStore,
      threadId,
      configurable: (config.configurable ?? {}) as JsonObject,
      context: { effects: ledger, ...forNodes, runId },
      user: run.user,
      metadata: {
        ...run.metadata,
        run_id: runId,
        thread_id: threadId,
        graph_id: run.graphId,
        assistant_id: run.assistantId,
      },
      tags: (config.tags as string[] | undefined) ?? [],
      recursionLimit: config.recursion_limit as number | undefined,
      callbacks: [
        new StreamHandler({
          emit: events.emit,
          room: journal.room,
          acting: acting.note,
          ...(run.attempt > 1 ? { begunBefore: await findBegunMessages(store.log, threadId, runId) } : {}),
        }),
      ],
      signal: control.signal,
      stop: createStepGate(stepStop, checkpointer, start.resume !== undefined),
      onChunk: events.take,
    });
    return { type: ended === "stopped" ? "stopped" : "ran" };
  } catch (error) {
    if (isCountersignError(error, "store_unavailable")) control.abort("store_failed" satisfies StopReason);
    return { type: "ran", error };
  }
}

/** Asked to stop, an attempt that comes to its end all the same has come to its end. */
function toOutcome(
  ran: Outcome,
  reason: StopReason | undefined,
  timeoutMs: number,
): Outcome | "lost" | "unfinished" {
  if (reason === "lease_lost") return "lost";
  if (reason === "shutdown" || reason === "store_failed") return "unfinished";
  if (reason === "timeout") return { type: "timed_out", timeoutMs };
  if (reason === "rollback") return { type: "rolled_back" };
  return reason === "cancel" ? { type: "cancelled" } : ran;
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

function settle(ledger: AttemptLedger, deadlineMs: number): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise((resolve) => {
    timer = setTimeout(resolve, deadlineMs);
  });
  return Promise.race([ledger.settled(), deadline]).finally(() => clearTimeout(timer));
}

function stopReason(signal: AbortSignal): StopReason | undefined {
  return signal.aborted ? (signal.reason as StopReason) : undefined;
}
