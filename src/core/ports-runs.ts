import type { JsonObject } from "../protocol/json.ts";
import type { MultitaskStrategy, RunStatus } from "../protocol/shapes.ts";
import type { CronTick } from "./ports-platform.ts";
import type {
  Actor,
  CancelAction,
  Claim,
  EventRecord,
  Fact,
  InterruptRecord,
  Lease,
  NewEvent,
  NewRun,
  RunError,
  RunRecord,
} from "./records.ts";

/** The port of runs: accepted, claimed, held by a lease, ended. Part of `ports.ts`, which adapters import. */

export interface AcceptRun {
  threadId: string;
  /**
   * Creates the thread with this owner and metadata when it does not exist; without it, that is
   * `no_such_thread`, and so is a thread that somebody else owns by now.
   */
  createThread?: {
    owner: string | null;
    metadata: JsonObject;
    /** How long it stays after it was last used, in ms; never while it waits for a person. Default: for ever. */
    ttlMs?: number | null;
  };
  run: NewRun;
  actor: Actor;
  idempotencyKey?: string;
  /**
   * The run is the one of this tick of a cron: the tick is passed in the same transaction, also when the outcome is
   * `busy` or `open`. Also `busy` is it while the run of an earlier tick has not begun.
   */
  tick?: CronTick;
  /** What to do when questions are open on the thread (invariant 3). */
  whenOpen: "refuse" | "wait" | "supersede";
  whenBusy: MultitaskStrategy;
  /** It reaches the state beside the graph: what was answered before is no receipt any more (invariant 8). */
  voidsReceipts?: boolean;
  /** Start at once under this claim, when nothing is in the way. */
  claim?: Claim;
  /** Appended when the run starts at once: the root `lifecycle running`. */
  running: NewEvent;
  /** Appended for each question that is open again since the run with its answer was displaced. */
  requested: (interrupt: InterruptRecord) => NewEvent;
  /** Appended when open interrupts are superseded: tells every client to put these away. */
  superseded: (interruptIds: string[]) => NewEvent;
}

export type Accepted =
  | {
      type: "accepted";
      run: RunRecord;
      started: boolean;
      /** Seq of the last event committed by this transaction, or of the thread before it. */
      seq: number;
      /** Runs that were ended or asked to stop for this one. */
      cancelled: string[];
      events: EventRecord[];
    }
  /** The same `idempotencyKey` was accepted before: its run, and nothing was written. */
  | { type: "repeated"; run: RunRecord; seq: number }
  | { type: "busy"; runId: string }
  | { type: "open"; interruptIds: string[] }
  /** The cron was changed, deleted, or its tick passed by another process: nothing was written. */
  | { type: "taken" };

export interface ClaimedRun {
  run: RunRecord;
  lease: Lease;
  /** Appended by the claim, when this is not a start that `accept` or `answer` made already. */
  events: EventRecord[];
}

export interface RunPort {
  /**
   * Accepts a run: inserts it, created with its thread when need be, under the thread's lock. Applies the
   * multitask strategy: pending runs displaced by `interrupt` or `rollback` end `interrupted` here; the
   * active one gets `cancelRequested`. Open interrupts are refused, waited for, or superseded as asked. Runs
   * whose `notBefore` has not come are in nobody's way, unless they bring answers, and one that has it does not start
   * now.
   */
  accept(command: AcceptRun): Promise<Accepted>;
  /**
   * Claims the next run that may start: pending, oldest first (`resume` before `input`), on a thread with
   * no active run and with its `notBefore` past; for `input` runs with no open interrupt, for `resume` runs with none about an effect.
   * Or a running one of another owner whose lease ran out; of any graph, when it was asked to stop. Raises its attempt and appends `running(run)`.
   */
  claim(
    claim: Claim & { graphIds: string[] },
    running: (run: RunRecord) => NewEvent,
  ): Promise<ClaimedRun | undefined>;
  /**
   * Keeps the leases of all runs of `owner` alive, from outside this thread's event loop, each at most for
   * its `runTimeoutMs`. Returns how to stop.
   */
  holdLeases(owner: string, leaseMs: number): () => Promise<void>;
  /** How these attempts stand: which were lost, and which are asked to stop. */
  review(leases: Lease[]): Promise<{ lost: Lease[]; cancelled: { lease: Lease; action: CancelAction }[] }>;
  /** Gives up the leases without ending the runs: whoever claims next goes on with them at once. */
  release(leases: Lease[]): Promise<void>;
  /** Records facts of an attempt. Returns the events among them with their seqs. Throws `lease_lost`. */
  record(lease: Lease, facts: Fact[]): Promise<EventRecord[]>;
  /**
   * Ends the attempt and the run: last facts, terminal events, run status and thread status in one.
   * Of the run's events with one `foldKey` only the last stays. Throws `lease_lost`.
   */
  finish(lease: Lease, end: RunEnd): Promise<EventRecord[]>;
  /**
   * Asks runs to stop. A pending one ends `interrupted` here and now, an active one gets `cancelRequested`; `step`
   * leaves one that was asked before as it is.
   * `runIds` undefined means every pending and active run of the thread. Answers of a pending run that ends
   * never reach the graph: their interrupts are open again, and `requested` events appended.
   */
  requestCancel(
    threadId: string,
    runIds: string[] | undefined,
    request: { action: CancelAction; at: number; requested: (interrupt: InterruptRecord) => NewEvent },
  ): Promise<{ ended: string[]; asked: string[]; reopened: EventRecord[] }>;
  find(threadId: string, runId: string): Promise<RunRecord | undefined>;
  /** The id of the thread on which a run is found. */
  locate(runId: string): Promise<string | undefined>;
  /** Newest first. */
  list(threadId: string, filter: { status?: RunStatus; limit: number; offset: number }): Promise<RunRecord[]>;
  /** The graphs, but for these, of which a run could start now if somebody served them. */
  listUnserved(graphIds: string[]): Promise<string[]>;
  /** Pending runs whose `notBefore` has come by `now` wait no more, on at most so many threads. Returns on how many. */
  wakeDue(now: number, limit: number): Promise<number>;
  /** Pending and active runs, oldest first; with `owner` those on threads of this owner and of nobody. */
  listUnfinished(filter: {
    owner?: string;
    threadId?: string;
    runIds?: string[];
    status?: "pending" | "running";
    limit: number;
  }): Promise<{ threadId: string; runId: string }[]>;
  /**
   * A run that has ended is found and listed no more; what it asked, and what it did, stays recorded. False when
   * there is none; refused (`state_busy`) while it has not ended.
   */
  delete(threadId: string, runId: string): Promise<boolean>;
}

export interface RunEnd {
  status: Exclude<RunStatus, "pending" | "running">;
  error: RunError | null;
  facts: Fact[];
  /** Interrupt rows this run had answered that the engine refused: they go back to `open`. */
  reopen: string[];
  /** Open interrupts that the graph no longer waits for: they become `superseded`. */
  supersede: string[];
  at: number;
}
