import type { Authenticate, Authorize, Identity, Scope, ScopeSearch } from "../http/index.ts";
import { CountersignError, type ErrorCode } from "../protocol/errors.ts";
import { canonicalJson, isRecord, type JsonObject } from "../protocol/json.ts";

/** `Auth` of `@langchain/langgraph-sdk/auth`, as far as it is read: any version of it fits. */
export interface SdkAuth {
  "~handlerCache": {
    authenticate?: (request: Request) => unknown;
    callbacks?: Record<string, (asked: never) => unknown>;
  };
}

/** What handlers are told of a caller, beside what `authenticate` returned. */
interface User extends Record<string, unknown> {
  identity: string;
  permissions: string[];
}

export function isSdkAuth(value: unknown): value is SdkAuth {
  return isRecord(value) && isRecord(value["~handlerCache"]);
}

/**
 * The SDK's events of an action. Where an action stands for several, the handlers of all of them must say yes: what
 * any of them would refuse is refused.
 */
const events: Record<string, readonly string[]> = {
  "runs.create": ["threads:create_run"],
  "runs.cancel": ["threads:update"],
  "interrupts.answer": ["threads:create_run"],
  "interrupts.cancel": ["threads:update"],
  "state.write": ["threads:update"],
  "assistants.read": ["assistants:read", "assistants:search"],
  "assistants.write": ["assistants:create", "assistants:update", "assistants:delete"],
  "store.read": ["store:get", "store:search", "store:list_namespaces"],
  "store.write": ["store:put", "store:delete"],
};

/**
 * The SDK's `Auth` as hooks of this server. Handlers are chosen as LangGraph's servers do: the event's own, then its
 * resource's, then `*:<action>`, then `*`. With handlers, they alone say who sees which thread; without any, everybody
 * sees their own.
 */
export function toHooks(auth: SdkAuth): {
  authenticate: Authenticate;
  authorize: Authorize;
  scopeSearch: ScopeSearch;
} {
  const { authenticate, callbacks = {} } = auth["~handlerCache"];
  const hasHandlers = Object.keys(callbacks).length > 0;
  const users = new WeakMap<Identity, User>();

  /** What the handler of an event says: no, yes, or yes to what the filters let through. */
  async function decide(identity: Identity, event: string, value: JsonObject): Promise<false | Filters> {
    const [resource = "", action = ""] = event.split(":");
    const name = [event, resource, `*:${action}`, "*"].find((one) => Object.hasOwn(callbacks, one));
    const handler = name === undefined ? undefined : callbacks[name];
    if (handler === undefined) return {};
    const user = users.get(identity) ?? { identity: identity.id, permissions: [] };
    const asked = { event, resource, action, value, user, permissions: user.permissions };
    const said = await ask(() => handler(asked as never));
    if (said === undefined || said === null || said === true) return {};
    if (said === false) return false;
    return toFilters(said, event);
  }

  return {
    async authenticate(request) {
      if (authenticate === undefined) return { id: "anonymous", verified: false, owner: null };
      const user = toUser(await ask(() => authenticate(request)));
      const { identity, permissions } = user;
      const known = { id: identity, roles: permissions, user, ...(hasHandlers ? { owner: null } : {}) };
      users.set(known, user);
      return known;
    },

    async authorize(identity, action, thread, asked) {
      const { cron, ...open } = asked;
      const value: JsonObject = { ...open, metadata: { ...(asked.metadata as JsonObject | undefined) } };
      const subject = thread?.metadata ?? (cron as { metadata: JsonObject } | undefined)?.metadata;
      if (thread !== undefined) value.thread_id = thread.threadId;
      if (Array.isArray(asked.namespace)) value.namespace = [...asked.namespace];
      for (const event of events[action] ?? [action.replace(".", ":")]) {
        const filters = await decide(identity, event, value);
        if (filters === false) return false;
        if (subject !== undefined && !isMatch(subject, filters)) return false;
        if (canonicalJson(value.namespace) !== canonicalJson(asked.namespace)) throw cannotMove(event);
        if (!/^(threads|crons):/.test(event) && Object.keys(filters).length > 0) throw cannotFilter(event);
      }
      return stamped(value, asked);
    },

    async scopeSearch(identity, asked, of): Promise<Scope> {
      const filters = await decide(identity, `${of}:search`, { ...asked });
      if (filters === false) {
        throw new CountersignError(
          "permission_denied",
          `${identity.id} may not search ${of}. Ask for the permission.`,
        );
      }
      const equal = Object.entries(filters).filter(([, { $eq }]) => $eq !== undefined);
      return {
        metadata: Object.fromEntries(equal.map(([key, { $eq = "" }]) => [key, $eq])),
        matches: (metadata) => isMatch(metadata, filters),
      };
    },
  };
}

type Filters = Record<string, { $eq?: string; $contains?: string[] }>;

/** Handlers write what they want on a thread into `value.metadata`. */
function stamped(value: JsonObject, asked: JsonObject): { metadata: JsonObject } {
  const before = (asked.metadata ?? {}) as JsonObject;
  const after = Object.entries((value.metadata ?? {}) as JsonObject);
  return {
    metadata: Object.fromEntries(
      after.filter(([key, one]) => !(key in before) || canonicalJson(before[key]) !== canonicalJson(one)),
    ),
  };
}

/** @throws CountersignError for what is no filter: nothing may be let through that was not understood. */
function toFilters(said: unknown, event: string): Filters {
  const entries = isRecord(said) ? Object.entries(said) : undefined;
  const filters = entries?.map(([key, filter]) => {
    if (typeof filter === "string") return [key, { $eq: filter }] as const;
    const [operator, ...more] = isRecord(filter) ? Object.entries(filter) : [];
    const [name, operand] = operator ?? [];
    const list = Array.isArray(operand) ? operand : [operand];
    if (more.length > 0 || list.length === 0 || !list.every((one) => typeof one === "string"))
      return undefined;
    if (name === "$eq" && list.length === 1) return [key, { $eq: String(operand) }] as const;
    return name === "$contains" ? ([key, { $contains: list.map(String) }] as const) : undefined;
  });
  if (filters?.every((one) => one !== undefined)) return Object.fromEntries(filters);
  throw new Error(
    `The auth handler for ${event} returned ${JSON.stringify(said)}. Return true, false, or filters: a text, {"$eq": text} or {"$contains": text} by metadata key.`,
  );
}

function isMatch(metadata: JsonObject, filters: Filters): boolean {
  return Object.entries(filters).every(([key, { $eq, $contains }]) => {
    const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined;
    if ($eq !== undefined) return value === $eq;
    return Array.isArray(value) && ($contains ?? []).every((one) => value.includes(one));
  });
}

function cannotFilter(event: string): CountersignError {
  return new CountersignError(
    "permission_denied",
    `The auth handler for ${event} returned filters, which this server applies to threads and crons only. Let the handler return true or false for it.`,
  );
}

function cannotMove(event: string): CountersignError {
  return new CountersignError(
    "permission_denied",
    `The auth handler for ${event} changed the namespace, which this server does not follow. Let the handler return false for namespaces that are not the caller's.`,
  );
}

function toUser(said: unknown): User {
  if (typeof said === "string" && said !== "") {
    return { identity: said, display_name: said, permissions: [], is_authenticated: true };
  }
  if (isRecord(said) && typeof said.identity === "string" && said.identity !== "") {
    if (said.is_authenticated === false) throw new CountersignError("unauthenticated", "Sign in first.");
    const permissions = Array.isArray(said.permissions) ? said.permissions.map(String) : [];
    const { identity } = said;
    return { is_authenticated: true, display_name: identity, ...said, identity, permissions };
  }
  throw new Error("authenticate of the auth file returned no identity. Return a text, or { identity, … }.");
}

const codes: Record<number, ErrorCode> = {
  400: "invalid_argument",
  401: "unauthenticated",
  403: "permission_denied",
  404: "not_found",
};

/** Calls a handler. The SDK's `HTTPException` becomes an error of ours; what else it throws is the server's. */
async function ask(handler: () => unknown): Promise<unknown> {
  try {
    return await handler();
  } catch (thrown) {
    const { status, message } = thrown as { status?: unknown; message?: string };
    if (!(thrown instanceof Error) || typeof status !== "number" || status >= 500) throw thrown;
    const code = codes[status] ?? "permission_denied";
    throw new CountersignError(code, message || "Refused by the auth handler.");
  }
}
