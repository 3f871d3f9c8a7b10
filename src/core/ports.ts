import type { JsonObject } from "../protocol/json.ts";
import type { EffectPort } from "./ports-effects.ts";
import type { InterruptPort } from "./ports-interrupts.ts";
import type { AssistantPort, CronPort, ItemPort, WebhookPort } from "./ports-platform.ts";
import type { RunPort } from "./ports-runs.ts";
import type { ThreadPort } from "./ports-threads.ts";
import type { EventRecord, Fact, Lease, NewEvent, StoredCheckpoint, StoredWrite } from "./records.ts";

export type * from "./ports-effects.ts";
export type * from "./ports-interrupts.ts";
export type * from "./ports-platform.ts";
export type * from "./ports-runs.ts";
export type * from "./ports-threads.ts";
export type * from "./ports-undo.ts";
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

/** Wakes other processes on the same store. Lossy: a lost hint costs latency, never data. */
export interface Notifier {
  /** Something was committed on this thread. */
  notify(threadId: string): void;
  /**
   * Calls `onHint` for threads on which another process committed something, and `onMissed` when hints of any thread
   * may have been lost. Returns how to stop.
   */
  listen(onHint: (threadId: string) => void, onMissed?: () => void): () => void;
  /** The bytes in UTF-8 that a word may have; longer ones are not sent. */
  readonly wordBytes: number;
  /**
   * Tells the other processes these words, which nobody keeps: each comes once, never, or again; in this order, and
   * after those of a call that has returned. Resolves when they are sent, or given up; never rejects.
   */
  say(words: readonly string[]): Promise<void>;
  /** Calls `onWord` for each word of another process. Returns how to stop. */
  hear(onWord: (word: string) => void): () => void;
}
