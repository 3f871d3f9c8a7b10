import type { Json, JsonObject } from "../protocol/json.ts";
import type { MultitaskStrategy, RunStatus, ThreadStatus } from "../protocol/shapes.ts";
import type { AssistantPort, CronPort, CronTick, ItemPort, WebhookPort } from "./ports-platform.ts";
import type {
  Actor,
  CancelAction,
  Claim,
  EventRecord,
  Fact,
  InterruptRecord,
  InterruptStatus,
  Lease,
  NewEvent,
  NewRun,
  RunError,
  RunRecord,
  StoredCheckpoint,
  StoredWrite,
  ThreadRecord,
} from "./records.ts";

export type * from "./ports-platform.ts";
export type * from "./records.ts";

/**
 * The store: what the rules in `core` need recorded. Each method is one transaction; when it returns,
 * its facts are committed; when it throws, nothing of it is. Instants are ms since the epoch.
 *
 * Glossary. A thread has a log of events numbered by `seq`, one at most *active* (`running`) run, and
 * checkpoints written by the engine. A run is held by a *lease*: whoever holds it may record facts under
 * it; an attempt whose lease was lost gets `lease_lost` from every method that takes a {@link Lease}.
 */
export interface Store {
  readonly threads: ThreadPort;
  readonly runs: RunPort;
  readonly interrupts: InterruptPort;
  readonly log: LogPort;
  readonly checkpoints: CheckpointPort;
  readonly effects: EffectPort;
  readonly assistants: AssistantPort;
  readonly items: ItemPort;
  readonly webhooks: WebhookPort;
  readonly crons: CronPort;
  /** How processes on one store wake each other; undefined where there is only ever one process. */
  readonly notifier?: Notifier | undefined;
  /** Brings the schema up to date and makes ready. Throws `store_in_use` when another process owns the data. */
  open(): Promise<void>;
  /** Releases everything. Idempotent. */
  close(): Promise<void>;
}

export interface ThreadFilter {
  ids?: string[];
  metadata?: JsonObject;
  status?: ThreadStatus;
  owner?: string;
}

export interface ThreadSearch extends ThreadFilter {
  limit: number;
  offset: number;
  sortBy: "created_at" | "updated_at" | "state_updated_at" | "thread_id" | "status";
  sortOrder: "asc" | "desc";
}

export interface NewThread {
  threadId: string;
  owner: string | null;
  metadata: JsonObject;
  /** How long it stays after it was last used, in ms. Default: for ever. */
  ttlMs?: number | null;
  at: number;
}

export interface CopyThread {
  threadId: string;
  owner: string | null;
  metadata: JsonObject;
  at: number;
  /** What questions and effects of the copy belong to; it is inserted, ended, only when there are some. */
  run: NewRun;
  /** Appended first. */
  events: NewEvent[];
  /** Appended for each question that is open on the copy, too. */
  requested: (interrupt: InterruptRecord) => NewEvent;
}

export interface ThreadPort {
  /** Inserts the thread; when its id exists already, changes nothing and returns that one with `created: false`. */
  create(thread: NewThread): Promise<{ thread: ThreadRecord; created: boolean }>;
  find(threadId: string): Promise<ThreadRecord | undefined>;
  /**
   * Merges `metadata` shallowly into the thread's, and sets how long it stays, when that is said. Returns
   * undefined when there is no such thread.
   */
  patch(
    threadId: string,
    metadata: JsonObject,
    at: number,
    ttlMs?: number | null,
  ): Promise<ThreadRecord | undefined>;
  /**
   * Deletes the thread and all that hangs on it. False when there was none, or none that has expired by
   * `expiredBy`. Refused (`thread_busy`) while a run is active.
   */
  delete(threadId: string, expiredBy?: number): Promise<boolean>;
  /**
   * Makes a thread with the state of this one: checkpoints, open questions and what its effects came to, but no
   * other runs, no log, no answers. Undefined when there is no such thread; refused (`state_busy`) in the middle
   * of a run, and while something is in doubt.
   */
  copy(
    threadId: string,
    copy: CopyThread,
  ): Promise<{ thread: ThreadRecord; events: EventRecord[] } | undefined>;
  /** How many a search without limit would find. */
  count(filter: ThreadFilter): Promise<number>;
  /**
   * Threads without unfinished runs whose time to live has run out by `now`, at most so many. One that was made by
   * `accept`, with a time to live, does not expire while it waits for a person.
   */
  listExpired(now: number, limit: number): Promise<string[]>;
  /** Threads whose metadata contains `metadata` (key by key, by JSON equality) and that match the rest. */
  search(search: ThreadSearch): Promise<ThreadRecord[]>;
}

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
   * whose `notBefore` has not come are in nobody's way, and one that has it does not start now.
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
   * Asks runs to stop. A pending one ends `interrupted` here and now, an active one gets `cancelRequested`.
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

export interface InterruptPort {
  /** Answers all named interrupts or none, and inserts the run that resumes (invariants 1 and 2). */
  answer(command: AnswerInterrupts): Promise<AnswerOutcome>;
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

export interface LogPort {
  /** Appends events that belong to no attempt. */
  append(threadId: string, events: NewEvent[]): Promise<EventRecord[]>;
  /** Events with `seq` > `after`, in order, at most `limit`. */
  read(threadId: string, after: number, limit: number): Promise<EventRecord[]>;
  /** The last seq given on the thread; 0 when there is none, or no thread. */
  lastSeq(threadId: string): Promise<number>;
}

export interface CheckpointPort {
  /** The named checkpoint, or without an id the newest of the namespace: the one that was recorded last. */
  find(threadId: string, checkpointNs: string, checkpointId?: string): Promise<StoredCheckpoint | undefined>;
  /**
   * Newest first, in the order they were recorded: ids come from clocks, which jump and differ. `before` is
   * exclusive. Without `checkpointNs`, of every namespace.
   */
  list(
    threadId: string,
    filter: { checkpointNs?: string; before?: string; limit?: number },
  ): Promise<StoredCheckpoint[]>;
  /** Writes of one checkpoint, in no order. */
  writes(threadId: string, checkpointNs: string, checkpointId: string): Promise<StoredWrite[]>;
  /** Deletes every checkpoint, write and content of the thread; its log, runs and interrupts stay. */
  delete(threadId: string): Promise<void>;
  /**
   * Deletes all checkpoints of the thread but those in `keep`, with their writes, and all contents but
   * `hashes`. Refused (`state_busy`) while a run is active, or when the newest checkpoint is not `newest`.
   */
  prune(
    threadId: string,
    keep: {
      newest: string;
      checkpoints: { checkpointNs: string; checkpointId: string }[];
      hashes: string[];
      /** As in {@link record}. */
      asOf?: number;
    },
  ): Promise<{ checkpoints: number; contents: number }>;
  /**
   * Merges `metadata` shallowly into that of the newest checkpoint of the root. False when there is none. Refused
   * (`state_busy`) while a run is active.
   */
  patchNewest(threadId: string, metadata: JsonObject): Promise<boolean>;
  /** The bytes of these contents. A missing one is missing in the map. */
  contents(threadId: string, hashes: string[]): Promise<Map<string, Uint8Array>>;
  /**
   * Records checkpoints and writes made outside a run (a state update), and voids the receipts. Refused (`state_busy`) while a run is
   * active, or when the log has grown since `asOf`: a `seq` read before the state that the facts build upon.
   */
  record(threadId: string, facts: Fact[], at: number, asOf?: number): Promise<EventRecord[]>;
}

/** `in_doubt`: it may have happened. `skipped`: a person said to go on without it. */
export type EffectStatus = "started" | "finished" | "failed" | "in_doubt" | "skipped";

export interface NewEffect {
  key: string;
  /** The checkpoint namespace of the task that performs it. */
  namespace: string;
  /** Running it twice is as good as once. */
  idempotent: boolean;
  /** What a person is told who must decide about it. */
  about: Json;
  at: number;
}

export interface EffectRecord {
  key: string;
  runId: string;
  attempt: number;
  namespace: string;
  idempotent: boolean;
  about: Json;
  status: EffectStatus;
  result: Json;
  startedAt: number;
}

export interface EffectPort {
  /**
   * Records the effect as `started`, under the lease, when its key is new on the thread, when its last try
   * `failed`, or when it is idempotent and was never known to have `finished` or been `skipped`. Returns the
   * row that stood in the way, or undefined when this call started it.
   */
  start(lease: Lease, effect: NewEffect): Promise<EffectRecord | undefined>;
  /**
   * Records how the effect ended that this attempt started. Not fenced, for a fact stays a fact when the
   * lease is gone; but ignored when another attempt has started it since.
   */
  end(
    lease: Lease,
    key: string,
    end: { status: "finished" | "failed" | "in_doubt"; result: Json; at: number },
  ): Promise<void>;
  /** Effects of the thread that may have happened: `started` or `in_doubt`, not idempotent. Oldest first. */
  listUnsettled(threadId: string): Promise<EffectRecord[]>;
  /** The effects of the thread that have one of these keys, oldest first. */
  find(threadId: string, keys: readonly string[]): Promise<EffectRecord[]>;
  /** Effects that this run started last, oldest first. */
  listOfRun(threadId: string, runId: string): Promise<EffectRecord[]>;
}

/** Wakes other processes on the same store. Lossy: a lost hint costs latency, never data. */
export interface Notifier {
  /** Something was committed on this thread. */
  notify(threadId: string): void;
  /** Calls `onHint` for threads on which another process committed something. Returns how to stop. */
  listen(onHint: (threadId: string) => void): () => void;
}
