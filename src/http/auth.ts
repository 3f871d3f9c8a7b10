import type { Actor, ThreadRecord } from "../core/ports.ts";
import { CountersignError } from "../protocol/errors.ts";
import type { JsonObject } from "../protocol/json.ts";
import { type AllowedOrigin, type IsAllowed, toIsAllowed } from "./origins.ts";

/** What `authenticate` returns for a caller it knows. */
export interface Identity {
  /** Unique and stable; recorded with everything the caller does. */
  id: string;
  roles?: string[];
  /** False when the name is only claimed, as behind a shared token. Default true. */
  verified?: boolean;
  /** Whose the threads are that this caller creates, and may see: default `id`; null for everybody's. */
  owner?: string | null;
  /**
   * What nodes are told of the caller, as `config.configurable.langgraph_auth_user`, beside `identity` and
   * `permissions` (the roles). JSON; kept with the run, never shown to clients.
   */
  user?: Record<string, unknown>;
}

/** Says who sends a request. Returning null (or nothing) refuses it with 401. */
export type Authenticate = (
  request: Request,
) => Identity | null | undefined | Promise<Identity | null | undefined>;

/** What a caller can ask for. `state.write` is also asked for what changes state beside the graph. */
export type Action =
  | "threads.create"
  | "threads.read"
  | "threads.update"
  | "threads.delete"
  | "runs.create"
  | "runs.cancel"
  | "interrupts.answer"
  | "interrupts.cancel"
  | "state.write"
  | "assistants.read"
  | "assistants.write"
  | "crons.create"
  | "crons.read"
  | "crons.update"
  | "crons.delete"
  | "store.read"
  | "store.write";

/** A yes with a condition: what is created or changed gets this metadata, whatever the client sent. */
export interface Grant {
  metadata: JsonObject;
}

/**
 * Says whether an identity may do something; it is asked after the rule that another's thread is not there.
 * A refused `threads.read` is a 404 like that, every other refusal a 403.
 */
export type Authorize = (
  identity: Identity,
  action: Action,
  /** The thread in question, where there is one. */
  thread: { threadId: string; owner: string | null; metadata: JsonObject } | undefined,
  /**
   * What is asked for, as far as it is known: `metadata`, `thread_id`, `assistant_id`; `namespace`, `key`; `cron_id`,
   * and as `cron` the `owner` and the `metadata` of the cron in question.
   */
  asked: JsonObject,
) => boolean | Grant | Promise<boolean | Grant>;

/** What a search of threads is narrowed to, beside what `authorize` refuses one by one. */
export interface Scope {
  /** Members that a thread's metadata must have. */
  metadata: JsonObject;
  /** What members cannot say. */
  matches?: (metadata: JsonObject) => boolean;
}

/** Narrows what an identity's searches of threads, and of crons, find; undefined leaves them as they are. */
export type ScopeSearch = (
  identity: Identity,
  asked: JsonObject,
  of: "threads" | "crons",
) => Scope | undefined | Promise<Scope | undefined>;

/** The header in which the app sends the display name, where nobody logs in. URI-encoded. */
export const nameHeader = "x-countersign-name";

export interface Caller {
  actor: Actor;
  /** Owner of what the caller creates; null where nobody logs in: then threads belong to all. */
  owner: string | null;
  /** What nodes are told of the caller; null where nobody logs in. */
  user: JsonObject | null;
  /** There is no `authorize` that may refuse one thing or another. */
  mayAll: boolean;
  may(action: Action, thread?: ThreadRecord): Promise<boolean>;
  /** As `may`, with what is asked for; undefined is a no. */
  grant(action: Action, thread: ThreadRecord | undefined, asked: JsonObject): Promise<Grant | undefined>;
  scope(asked: JsonObject, of?: "threads" | "crons"): Promise<Scope | undefined>;
}

export type Guard = (request: Request) => Promise<Caller>;

/**
 * Every request passes here (invariant 10). With `authenticate`, it decides. Without, only this machine
 * may call: the Host must be loopback, a present Origin must be the same or listed, so that neither a
 * rebound DNS name nor a foreign page gets through.
 */
export function createGuard({
  authenticate,
  authorize: ask,
  scopeSearch = () => undefined,
  allowedOrigins,
}: {
  authenticate?: Authenticate;
  authorize?: Authorize;
  scopeSearch?: ScopeSearch;
  allowedOrigins?: readonly AllowedOrigin[];
}): Guard {
  if (authenticate === undefined && allowedOrigins?.includes("*")) throw openToAllPages();
  const isAllowed = toIsAllowed(allowedOrigins);
  const authorize = ask ?? (() => true);
  const rightsOf = (identity: Identity): Omit<Caller, "actor" | "owner" | "user"> => {
    const grant: Caller["grant"] = async (action, thread, asked) => {
      const answer = await authorize(identity, action, thread, asked);
      return answer === true ? { metadata: {} } : answer || undefined;
    };
    return {
      mayAll: ask === undefined,
      grant,
      may: async (action, thread) => (await grant(action, thread, {})) !== undefined,
      scope: async (asked, of = "threads") => scopeSearch(identity, asked, of),
    };
  };
  return async (request) => {
    checkOrigin(request, isAllowed, authenticate === undefined);
    if (authenticate) {
      const identity = await authenticate(request);
      if (identity) {
        const { id, roles, verified = true, owner = id } = identity;
        const actor = { id, verified, ...(roles ? { roles } : {}) };
        return { actor, owner, user: toUser(identity), ...rightsOf(identity) };
      }
      throw new CountersignError("unauthenticated", "This server asks for a login. Sign in, then try again.");
    }
    const actor = { id: claimedName(request), verified: false };
    return { actor, owner: null, user: null, ...rightsOf({ ...actor, owner: null }) };
  };
}

/** As LangGraph's servers tell it: what is no JSON is left out. */
function toUser({ id, roles = [], user }: Identity): JsonObject {
  const told = { display_name: id, is_authenticated: true, ...user, identity: id, permissions: roles };
  return JSON.parse(JSON.stringify(told)) as JsonObject;
}

function openToAllPages(): CountersignError {
  return new CountersignError(
    "invalid_argument",
    'allowedOrigins has "*", and nobody is asked who they are: any page in a browser on this machine could answer questions. List the origins, or set authenticate.',
  );
}

function checkOrigin(request: Request, isAllowed: IsAllowed, loopbackOnly: boolean): void {
  const host = request.headers.get("host") ?? new URL(request.url).host;
  if (loopbackOnly && !isLoopback(host)) {
    throw new CountersignError(
      "permission_denied",
      `Host ${host} is not this machine. Without authenticate, call the server as localhost or 127.0.0.1.`,
    );
  }
  const origin = request.headers.get("origin");
  if (origin === null || isAllowed(origin)) return;
  if (URL.canParse(origin) && new URL(origin).host === host) return;
  throw new CountersignError(
    "permission_denied",
    `Origin ${origin} may not call this server. List it in allowedOrigins.`,
  );
}

function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  return name === "localhost" || name === "::1" || /^127\.\d+\.\d+\.\d+$/.test(name);
}

/** `local:<name>`: the display name a caller claims, where nothing vouches for it. */
export function claimedName(request: Request): string {
  try {
    const name = decodeURIComponent(request.headers.get(nameHeader) ?? "");
    return `local:${name.trim().slice(0, 80) || "anonymous"}`;
  } catch {
    return "local:anonymous";
  }
}
