import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import { asObject, isRecord, type JsonObject } from "../protocol/json.ts";
import { beginningOf, doubtsBefore, hasBegun } from "./beginning.ts";
import { taskOf, toDoubt } from "./doubts.ts";
import type { Engine } from "./graph.ts";
import { findPending } from "./pending.ts";
import type { NewInterrupt, RunRecord, Store } from "./ports.ts";

/** How an attempt begins. */
export type Start =
  /** The engine is given this. */
  | {
      type: "run";
      input: unknown;
      resume?: Record<string, unknown>;
      command?: JsonObject;
      checkpointId?: string;
    }
  /** Somebody must say first what became of effects that may have happened. */
  | { type: "ask"; doubts: NewInterrupt[] }
  /** Somebody said to stop. */
  | { type: "stop" }
  /** Nothing is left to do: another run did it. */
  | { type: "nothing" }
  | { type: "refused"; error: Error };

/**
 * What the engine is started with. A first attempt gets the run's input or answers. A later one gets only
 * what no attempt got through: its answers restricted to the interrupts still pending, or nothing
 * (`null`: go on) when they, or the input, are in a checkpoint already (invariant 4). Before the engine goes
 * on with tasks whose effects are in doubt, a person is asked (invariant 7).
 */
export async function decideStart(
  store: Store,
  engine: Engine,
  checkpointer: BaseCheckpointSaver,
  run: RunRecord,
): Promise<Start> {
  const beginning = beginningOf(run);
  const isFirst = run.attempt === 1 && run.kind === "input";
  if (beginning !== undefined && (isFirst || !(await hasBegun(store, run, beginning)))) {
    if (await isToStop(store, run)) return { type: "stop" };
    const doubts = await doubtsBefore(store, engine, checkpointer, { run, beginning });
    if (doubts.length > 0) return { type: "ask", doubts };
    const { by, command, checkpointId } = beginning;
    const input = engine.named(beginning.input, by);
    return { type: "run", input, ...(command ? { command } : {}), ...(checkpointId ? { checkpointId } : {}) };
  }
  const { pending, tasks } = await findPending(store, engine, checkpointer, run.threadId);
  if (await isToStop(store, run)) return { type: "stop" };
  const unsettled = await store.effects.listUnsettled(run.threadId);
  const doubts = unsettled.filter((effect) => tasks.has(taskOf(effect)));
  if (doubts.length > 0) {
    return { type: "ask", doubts: doubts.map((effect) => toDoubt(run.threadId, effect)) };
  }
  if (run.kind === "input") return { type: "run", input: null };

  const answers = asObject(run.kwargs.answers);
  const open = pending.filter(({ id }) => id in answers).map(({ id }) => id);
  if (open.length > 0) {
    const resume = Object.fromEntries(open.map((id) => [id, answers[id]]));
    // What came along with the answers was written in the same step as they, or not at all.
    const isFirstResume =
      run.attempt === 1 || (await store.checkpoints.find(run.threadId, ""))?.runId !== run.runId;
    const command = run.kwargs.command;
    return {
      type: "run",
      input: null,
      resume,
      ...(isFirstResume && command !== undefined ? { command: asObject(command) } : {}),
    };
  }
  if (run.attempt > 1) return { type: "run", input: null };
  if (run.kwargs.settles === undefined) {
    const pendingIds = pending.map(({ id }) => id);
    return { type: "refused", error: notPending(Object.keys(answers), pendingIds) };
  }
  return tasks.size === 0 ? { type: "nothing" } : { type: "run", input: null };
}

/** "Stop" about one effect ends every run that waited for an answer about another. */
async function isToStop(store: Store, run: RunRecord): Promise<boolean> {
  if (saysStop(run)) return true;
  if (run.kwargs.settles === undefined) return false;
  const waiting = await store.runs.list(run.threadId, { status: "pending", limit: 100, offset: 0 });
  return waiting.some(saysStop);
}

/** True when one of the run's answers about effects (`settles`) is to stop. */
function saysStop({ kwargs }: RunRecord): boolean {
  const answers = asObject(kwargs.answers);
  const settles = (kwargs.settles as string[] | undefined) ?? [];
  return settles.some((id) => isRecord(answers[id]) && answers[id].type === "stop");
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
