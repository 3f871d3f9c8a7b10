import type { Actor, EventRecord, InterruptRecord, InterruptStatus, NewEvent, RunRecord } from "./records.ts";

/** Taking an answer back. Part of `ports.ts`, which adapters import. */

export interface UndoAnswer {
  threadId: string;
  interruptId: string;
  actor: Actor;
  /** The actor may take back what others answered. */
  ofOthers: boolean;
  at: number;
  /** The id under which a question is open again: clients keep hidden what they have seen answered. */
  idAfter: (interruptId: string) => string;
  /** What is appended, in order. */
  told: (undone: UndoneAnswer) => NewEvent[];
}

export interface UndoneAnswer {
  /** As it was: `attempt` is 0 when it had not begun. */
  run: RunRecord;
  /** The questions that are open again, by the ids under which they were answered. */
  asked: Map<string, InterruptRecord>;
  /** Questions that the run itself had asked: they are put away. */
  closed: string[];
  /** Where the thread stands again, unless the run had not begun; `step` is the highest that anybody was shown. */
  head: { checkpointId: string; parentId: string | null; step: number } | undefined;
}

/** Why an answer stays. */
export type TooLate =
  /** The question is open, or was put away without an answer of a person. */
  | { reason: "not_answered"; status: InterruptStatus }
  /** It was taken back before, and the question was answered, or put away, since. */
  | { reason: "undone" }
  /** The run that goes on with it has ended. */
  | { reason: "ended" }
  /** That run has begun to do something outside, which nobody can take back. */
  | { reason: "acted" }
  /** Another question was answered since, or another run has begun. */
  | { reason: "overtaken"; runId: string }
  /** The state was written beside the graph since. */
  | { reason: "state_written" };

export type UndoOutcome =
  | { type: "undone"; interruptId: string; runId: string; events: EventRecord[] }
  /** It was taken back before, and the question is open under this id. */
  | { type: "repeated"; interruptId: string }
  | { type: "unknown" }
  | { type: "foreign"; answeredBy: Actor }
  | ({ type: "too_late" } & TooLate);
