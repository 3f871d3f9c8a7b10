import type { JsonObject } from "../protocol/json.ts";
import type { ThreadStatus } from "../protocol/shapes.ts";
import type { EventRecord, InterruptRecord, NewEvent, NewRun, ThreadRecord } from "./records.ts";

/** The port of threads. Part of `ports.ts`, which adapters import. */

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

export interface RecentThreads extends ThreadFilter {
  /** Only threads after this one, where it stood when it was read: it may have changed, or gone, since. */
  before?: Pick<ThreadRecord, "updatedAt" | "threadId">;
  limit: number;
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
  /** As `search`, last updated first. To go on from a place, whatever has been added or deleted since. */
  listRecent(query: RecentThreads): Promise<ThreadRecord[]>;
}
