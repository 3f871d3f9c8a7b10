import type { JsonObject } from "../protocol/json.ts";
import type { Lease } from "./records.ts";

/** Ports of what stands beside threads and runs. Part of `ports.ts`, which adapters import. */

/** What a version of an assistant says. */
export interface AssistantTerms {
  graphId: string;
  name: string;
  description: string | null;
  /** LangChain's `RunnableConfig`, merged below that of each run. */
  config: JsonObject;
  /** LangGraph's runtime context, merged below that of each run. */
  context: JsonObject;
  metadata: JsonObject;
}

export interface NewAssistant extends AssistantTerms {
  assistantId: string;
  owner: string | null;
  /** Made by the server for one of its graphs, not by a client. */
  isSystem: boolean;
  at: number;
}

export interface AssistantRecord extends AssistantTerms {
  assistantId: string;
  owner: string | null;
  isSystem: boolean;
  /** The version it is at. */
  version: number;
  createdAt: number;
  updatedAt: number;
}

export interface AssistantVersion extends AssistantTerms {
  assistantId: string;
  version: number;
  createdAt: number;
}

export interface AssistantFilter {
  graphId?: string;
  /** A part of the name, in any case. */
  name?: string;
  metadata?: JsonObject;
  /** Those of this owner and those that belong to everybody. */
  owner?: string;
}

export interface AssistantSearch extends AssistantFilter {
  limit: number;
  offset: number;
  sortBy: "assistant_id" | "graph_id" | "name" | "created_at" | "updated_at";
  sortOrder: "asc" | "desc";
}

export interface AssistantPort {
  /** Inserts it as version 1; when its id exists already, changes nothing and returns that one with `created: false`. */
  create(assistant: NewAssistant): Promise<{ assistant: AssistantRecord; created: boolean }>;
  find(assistantId: string): Promise<AssistantRecord | undefined>;
  /**
   * Adds a version with these changes to the one it is at, numbered after the last, and moves it there.
   * `metadata` is merged shallowly, the rest replaced. Undefined when there is no such assistant.
   */
  update(
    assistantId: string,
    changes: Partial<AssistantTerms>,
    at: number,
  ): Promise<AssistantRecord | undefined>;
  /** Moves it to one of its versions. Undefined when there is no such assistant or version. */
  setVersion(assistantId: string, version: number, at: number): Promise<AssistantRecord | undefined>;
  /** Deletes it with all its versions. Runs and threads that name it stay. False when there was none. */
  delete(assistantId: string): Promise<boolean>;
  /** Metadata is matched as in the search of threads. */
  search(search: AssistantSearch): Promise<AssistantRecord[]>;
  /** How many a search without limit would find. */
  count(filter: AssistantFilter): Promise<number>;
  /** Newest first. */
  versions(
    assistantId: string,
    page: { metadata?: JsonObject; limit: number; offset: number },
  ): Promise<AssistantVersion[]>;
}

/** Where an item is: labels without dots or control characters, and a key. */
export interface ItemKey {
  namespace: string[];
  key: string;
}

export interface ItemChange extends ItemKey {
  /** Null deletes the item. */
  value: JsonObject | null;
  /** How long it stays after it was written or last read for good, in ms; null for ever. */
  ttlMs: number | null;
}

export interface ItemRecord extends ItemKey {
  /** Its own among all items of the store. */
  number: number;
  value: JsonObject;
  ttlMs: number | null;
  createdAt: number;
  updatedAt: number;
}

/**
 * The long-term store: JSON under a namespace and a key. `space` keeps apart what different owners have. What
 * has expired by `now` is not there.
 */
export interface ItemPort {
  /**
   * Writes and deletes these, in order, all or none. With a lease, throws `lease_lost` when it is, and its run has
   * `acted`.
   */
  write(space: string, changes: ItemChange[], by: { at: number; lease?: Lease }): Promise<void>;
  /** Those of these keys that are there, in no order. */
  find(space: string, keys: ItemKey[], now: number): Promise<ItemRecord[]>;
  /** Items in this namespace and below it, last written first; only those after `before` in that order. */
  list(
    space: string,
    query: {
      namespace: string[];
      before?: Pick<ItemRecord, "updatedAt" | "number">;
      limit: number;
      now: number;
    },
  ): Promise<ItemRecord[]>;
  /** The time to live of these begins again at `now`. */
  extend(space: string, numbers: number[], now: number): Promise<void>;
  /** Namespaces that hold items, at this one and below it, in the order of their labels joined by dots. */
  namespaces(
    space: string,
    query: { namespace: string[]; after?: string[]; limit: number; now: number },
  ): Promise<string[][]>;
  /** Deletes at most so many of what has expired, in all spaces. Returns how many. */
  deleteExpired(now: number, limit: number): Promise<number>;
}

/** What a webhook is called for: its run has ended, or a question of it has been opened. */
export type DeliveryCause = { type: "end" } | { type: "interrupt"; interruptId: string };

/** A call of a webhook that is still to be made. */
export interface Delivery {
  number: number;
  threadId: string;
  runId: string;
  url: string;
  cause: DeliveryCause;
  /** What is sent; null until the first try has made it. */
  body: string | null;
  /** Tries, this one included. */
  attempt: number;
}

/**
 * Calls of webhooks. The store itself makes one due in the transaction that ends a run with a webhook, whatever
 * ends it, and in the one that opens a question of a run whose webhook asks for that.
 */
export interface WebhookPort {
  /** Takes what is due, for so long: then it is due again. Of several who ask, each gets others. */
  claim(now: number, take: { holdMs: number; limit: number }): Promise<Delivery[]>;
  /** Keeps what is sent: the next tries send the same. */
  keepBody(number: number, body: string): Promise<void>;
  /** The next try is due at this instant. Ignored when another try was claimed since. */
  retry(delivery: Pick<Delivery, "number" | "attempt">, dueAt: number): Promise<void>;
  /** No more tries: it was delivered, or given up. */
  remove(number: number): Promise<void>;
}

export interface CronTerms {
  /** A cron expression of five fields, or a name such as `@daily`. */
  schedule: string;
  /** IANA name of the time zone in which the expression is read; null for UTC. */
  timezone: string | null;
  /** Ticks after this instant do not count; null for no end. */
  endTime: number | null;
  enabled: boolean;
  /** What becomes of the thread that a tick makes, where the cron is not one of a thread. */
  onRunCompleted: "delete" | "keep";
  metadata: JsonObject;
  /** What runs are made from, as clients show it. */
  payload: JsonObject;
  /** The same as core starts it. Never shown to clients. */
  start: JsonObject;
  /** The next tick; null when there is none. */
  nextAt: number | null;
}

export interface NewCron extends CronTerms {
  cronId: string;
  owner: string | null;
  /** Null: each tick makes a thread of its own. */
  threadId: string | null;
  assistantId: string;
  /** Id of who made it, where somebody logs in. */
  userId: string | null;
  at: number;
}

export interface CronRecord extends Omit<NewCron, "at"> {
  /** Grows with every change and every tick. */
  version: number;
  /** Ticks up to this instant have been passed; null before the first. */
  tickedAt: number | null;
  createdAt: number;
  updatedAt: number;
}

/** Passes a cron's ticks up to `tickedAt`, as long as it stands at `version`. */
export interface CronTick {
  cronId: string;
  version: number;
  tickedAt: number;
  nextAt: number | null;
}

export interface CronFilter {
  assistantId?: string;
  threadId?: string;
  enabled?: boolean;
  metadata?: JsonObject;
  /** Those of this owner and those that belong to everybody. */
  owner?: string;
}

export interface CronSearch extends CronFilter {
  limit: number;
  offset: number;
  sortBy: "cron_id" | "assistant_id" | "thread_id" | "created_at" | "updated_at" | "next_run_date";
  sortOrder: "asc" | "desc";
}

/** Schedules of runs. A tick is passed together with the run it starts: see `AcceptRun.tick`. */
export interface CronPort {
  /** Inserts it. Throws `no_such_thread` when its thread is not there. Deleted with its thread. */
  create(cron: NewCron): Promise<CronRecord>;
  find(cronId: string): Promise<CronRecord | undefined>;
  /** Undefined, and nothing written, when it does not stand at this version any more, or is gone. */
  update(
    cron: Pick<CronRecord, "cronId" | "version">,
    changes: Partial<CronTerms>,
    at: number,
  ): Promise<CronRecord | undefined>;
  /** Passes ticks without a run. False, and nothing written, when the cron does not stand at that version. */
  pass(tick: CronTick): Promise<boolean>;
  /** False when there was none. */
  delete(cronId: string): Promise<boolean>;
  /** Metadata is matched as in the search of threads. What has no next tick, or no thread, comes last. */
  search(search: CronSearch): Promise<CronRecord[]>;
  /** How many a search without limit would find. */
  count(filter: CronFilter): Promise<number>;
  /** Enabled ones whose next tick has come by `now`, longest overdue first. */
  listDue(now: number, limit: number): Promise<CronRecord[]>;
}
