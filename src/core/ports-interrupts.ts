import type { Json } from "../protocol/json.ts";
import type { UndoAnswer, UndoOutcome } from "./ports-undo.ts";
import type {
  Actor,
  Claim,
  EventRecord,
  InterruptRecord,
  InterruptStatus,
  NewEvent,
  NewRun,
  RunRecord,
} from "./records.ts";

/** The port of interrupts and their answers. Part of `ports.ts`, which adapters import. */

export interface AnswerInterrupts {
  threadId: string;
  actor: Actor;
  at: number;
  idempotencyKey?: string;
  answers: { interruptId: string; value: Json }[];
  run: NewRun;
  claim?: Claim;
  /** As in {@link AcceptRun}: of the answers before these. */
  voidsReceipts?: boolean;
  /** Appended with the answer: `input.answered`. */
  answered: NewEvent;
  running: NewEvent;
  /** `expired` when the answer is the one chosen for that case. Default `answered`. */
  status?: "answered" | "expired";
  /** What becomes of the effects that were asked about. One that has `finished` meanwhile stays so. */
  resolve?: { key: string; status: "failed" | "finished" | "skipped" | "in_doubt"; result: Json }[];
}

export type Refusal = { interruptId: string } & (
  | { reason: "unknown" }
  | { reason: "closed"; status: InterruptStatus; answeredBy?: Actor; answeredAt?: number }
);

export type AnswerOutcome =
  | { type: "accepted"; run: RunRecord; started: boolean; seq: number; events: EventRecord[] }
  /** The same answer by the same actor (or the same key) was accepted before: the first run. */
  | { type: "repeated"; run: RunRecord; seq: number }
  | { type: "refused"; refusals: Refusal[]; openIds: string[] };

export interface InterruptPort {
  /**
   * Answers all named interrupts or none, and inserts the run that resumes (invariants 1 and 2). One with a `notBefore`
   * is on its way until then: the thread is busy, and what comes after it waits.
   */
  answer(command: AnswerInterrupts): Promise<AnswerOutcome>;
  /**
   * Takes an answer back, and all that were given with it, while the run that carries it has not ended and has not
   * `acted`, and nothing was answered or begun since: decided under the thread's lock, so that of this and an effect
   * that starts exactly one happens. The run ends `interrupted` and its lease is lost; checkpoints and writes are as
   * before it, and what it said of the state is folded away. The rows become `undone` and no receipts any more; each
   * question is open again as a row of its own.
   */
  undo(command: UndoAnswer): Promise<UndoOutcome>;
  /** The newest row of each id on the thread, in no order. */
  find(threadId: string, interruptIds: string[]): Promise<InterruptRecord[]>;
  /** Open rows of these threads, oldest first. */
  listOpen(threadIds: string[]): Promise<InterruptRecord[]>;
  /** Answered rows of this thread that no write of its state has voided, oldest first: the receipts. */
  listAnswered(threadId: string): Promise<InterruptRecord[]>;
  /** Open rows of all threads, newest first. */
  inbox(query: InboxQuery): Promise<InterruptRecord[]>;
  /** The newest row of this id on each thread, whatever became of it, newest first: copies of a thread ask again. */
  listById(interruptId: string, limit: number): Promise<InterruptRecord[]>;
  /** Open rows whose `expiresAt` has come and that do not just hold, soonest first. */
  listDue(now: number, limit: number): Promise<InterruptRecord[]>;
  /**
   * Closes open rows without an answer and appends `event`, all or none: false, and nothing written, when
   * one of them is not open any more.
   */
  close(
    threadId: string,
    interruptIds: string[],
    end: { status: "expired" | "cancelled"; at: number; event: NewEvent },
  ): Promise<EventRecord[] | false>;
}

export interface InboxQuery {
  owner?: string;
  graphId?: string;
  /** Rows for one of these ids or roles; rows without assignees are for everybody. */
  assignees?: string[];
  /** Only rows with a smaller `number`: the page after. */
  before?: number;
  limit: number;
}
