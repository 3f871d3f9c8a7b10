import type { Context } from "hono";
import type { Core } from "../core/core.ts";
import type { CronRecord, ThreadRecord } from "../core/ports.ts";
import { CountersignError } from "../protocol/errors.ts";
import { canonicalJson, type JsonObject } from "../protocol/json.ts";
import type { Action, Caller, Scope } from "./auth.ts";
import type { Env } from "./env.ts";
import { lookAtThread } from "./thread-look.ts";

/** Ids come from clients: any text that fits a key and a log line. @throws `invalid_argument` */
export function checkId(id: string, field: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (id.length > 0 && id.length <= 200 && !/[\u0000-\u001f\u007f]/.test(id)) return id;
  throw new CountersignError(
    "invalid_argument",
    `${field} must be 1 to 200 characters of plain text, such as a uuid.`,
  );
}

export const checkThreadId = (threadId: string): string => checkId(threadId, "thread_id");

/** The thread, when it exists and the caller may see it: another's thread is a 404 (invariant 10). */
export async function findThread(
  core: Core,
  caller: Caller,
  threadId: string,
): Promise<ThreadRecord | undefined> {
  const thread = await core.store.threads.find(checkThreadId(threadId));
  return thread !== undefined && (await maySee(caller, thread)) ? thread : undefined;
}

/** Whether the caller may read the thread now: a stream asks before each batch, and may have been opened before it. */
export async function mayReadNow(core: Core, caller: Caller, threadId: string): Promise<boolean> {
  const thread = await lookAtThread(core, threadId);
  return thread !== undefined && (await maySee(caller, thread));
}

/** As {@link findThread}, for doing `action` with it. @throws `no_such_thread`, `permission_denied` */
export async function getThread(
  core: Core,
  caller: Caller,
  threadId: string,
  action: Action,
): Promise<ThreadRecord> {
  const thread = await findThread(core, caller, threadId);
  if (thread) {
    if (action !== "threads.read") await demand(caller, action, thread);
    return thread;
  }
  throw new CountersignError(
    "no_such_thread",
    `There is no thread ${threadId}. Create it with POST /threads.`,
  );
}

/**
 * What the caller asks for, as granted: the metadata that goes on what is created or changed.
 *
 * @throws `permission_denied` when the caller may not do this.
 */
export async function demand(
  caller: Caller,
  action: Action,
  thread?: ThreadRecord,
  asked: JsonObject = {},
): Promise<JsonObject> {
  const grant = await caller.grant(action, thread, asked);
  if (grant) return grant.metadata;
  throw new CountersignError(
    "permission_denied",
    `${caller.actor.id} may not do this (${action}). Ask for the permission, or sign in as somebody who has it.`,
    { action },
  );
}

export async function maySee(caller: Caller, thread: ThreadRecord): Promise<boolean> {
  const isOwn = thread.owner === null || caller.owner === null || thread.owner === caller.owner;
  return isOwn && caller.may("threads.read", thread);
}

/** A cron, for those who decide what may be done with it. */
export function toAskedCron({ cronId, threadId, assistantId, owner, metadata }: CronRecord): JsonObject {
  return { cron_id: cronId, thread_id: threadId, assistant_id: assistantId, cron: { owner, metadata } };
}

export async function maySeeCron(caller: Caller, cron: CronRecord): Promise<boolean> {
  const isOwn = cron.owner === null || caller.owner === null || cron.owner === caller.owner;
  return isOwn && (await caller.grant("crons.read", undefined, toAskedCron(cron))) !== undefined;
}

/** The metadata to search by; undefined when what is asked for lies outside of what may be found. */
export function narrow(
  asked: JsonObject | null | undefined,
  scope: Scope | undefined,
): JsonObject | undefined {
  const found = { ...asked, ...scope?.metadata };
  const isInside = Object.entries(asked ?? {}).every(
    ([key, value]) => canonicalJson(found[key]) === canonicalJson(value),
  );
  return isInside ? found : undefined;
}

export type AskedRun = { thread_id: string; assistant_id: string; metadata: JsonObject };

/**
 * The right to start a run; where its thread does not exist yet and may be created, the right to that too.
 * Returns the metadata a new thread gets. @throws as {@link getThread}
 */
export async function demandRun(
  core: Core,
  caller: Caller,
  asked: AskedRun,
  mayCreate = true,
): Promise<JsonObject> {
  const exists = (await core.store.threads.find(checkThreadId(asked.thread_id))) !== undefined;
  if (!exists && mayCreate) {
    const created = await demand(caller, "threads.create", undefined, asked);
    return { ...created, ...(await demand(caller, "runs.create", undefined, asked)) };
  }
  const thread = await getThread(core, caller, asked.thread_id, "threads.read");
  await demand(caller, "runs.create", thread, asked);
  return {};
}

/** The thread named in a request's path, for doing `action` with it. @throws as {@link getThread} */
export function threadOf(
  core: Core,
  c: Context<Env>,
  action: Action = "threads.read",
): Promise<ThreadRecord> {
  return getThread(core, c.get("caller"), c.req.param("thread_id") ?? "", action);
}
