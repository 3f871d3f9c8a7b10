import { CountersignError } from "../protocol/errors.ts";
import type { CommandDeps } from "./accepted-run.ts";
import { idAfter } from "./doubts.ts";
import { inputAnswered, inputRequested, rootLifecycle } from "./lifecycle.ts";
import type { Actor, NewEvent, TooLate, UndoneAnswer } from "./ports.ts";
import { toStateEvents } from "./rollback.ts";

export interface UndoCommand {
  threadId: string;
  interruptId: string;
  actor: Actor;
  /** True for those who may take back what others answered. */
  ofOthers: boolean;
}

/**
 * Takes an answer back while nothing was done with it. The store decides that in one transaction, in which the run is
 * fenced off, the state is as it was, and the question is open again: what stands after a crash is one or the other.
 */
export function createUndo({ store, feed, worker, now }: CommandDeps) {
  return async ({ threadId, interruptId, actor, ofOthers }: UndoCommand): Promise<string> => {
    const at = now();
    const outcome = await store.interrupts.undo({
      ...{ threadId, interruptId, actor, ofOthers, at, idAfter },
      told: (undone) => toEvents(undone, actor, at),
    });
    if (outcome.type === "unknown") {
      throw new CountersignError(
        "no_such_interrupt",
        `There is no interrupt ${interruptId} on this thread. Reload the thread to see where it stands.`,
        { reason: "unknown", interrupt_ids: [interruptId] },
      );
    }
    if (outcome.type === "foreign") {
      throw new CountersignError(
        "permission_denied",
        `Interrupt ${interruptId} was answered by ${outcome.answeredBy.id}, who may take that back, or somebody who may cancel runs.`,
        { interrupt_id: interruptId, answered_by: outcome.answeredBy.id },
      );
    }
    if (outcome.type === "too_late") throw tooLate(interruptId, outcome);
    if (outcome.type === "undone") {
      feed.publish(threadId, outcome.events);
      worker.letGo(outcome.runId);
      worker.wake();
    }
    return outcome.interruptId;
  };
}

/** A run that had not begun begins and ends: clients that wait for its end wait for its beginning first. */
function toEvents({ run, asked, closed, head }: UndoneAnswer, actor: Actor, at: number): NewEvent[] {
  const { runId } = run;
  const reopened = Object.fromEntries([...asked].map(([id, { interruptId }]) => [id, interruptId]));
  return [
    ...(run.attempt === 0 ? [rootLifecycle(run, "running", at)] : []),
    ...(closed.length === 0 ? [] : [inputAnswered(runId, closed, "superseded", at)]),
    ...(head === undefined ? [] : toStateEvents(runId, { ...head, source: "fork" }, at)),
    ...[...asked.values()].map(({ interruptId: id, value, responseSchema, namespace }) =>
      inputRequested(runId, { id, value, responseSchema }, namespace, at),
    ),
    rootLifecycle(run, "interrupted", at, { reason: "undone", by: actor.id, reopened }),
  ];
}

const why: Record<Exclude<TooLate["reason"], "not_answered">, string> = {
  undone: "it was taken back before, and the question was closed again since",
  ended: "the run that went on with it has ended",
  acted: "the run that goes on with it has begun to act, and that cannot be taken back. Stop the run instead",
  overtaken: "something else was answered or begun since",
  state_written: "the state of the thread was written since",
};

function tooLate(interruptId: string, late: TooLate): CountersignError {
  const words =
    late.reason === "not_answered" ? `it is ${late.status}, and nobody's answer` : why[late.reason];
  return new CountersignError(
    "too_late",
    `The answer to interrupt ${interruptId} stays: ${words}. Reload the thread to see where it stands.`,
    {
      reason: late.reason,
      interrupt_id: interruptId,
      ...(late.reason === "overtaken" ? { run_id: late.runId } : {}),
      ...(late.reason === "not_answered" ? { status: late.status } : {}),
    },
  );
}
