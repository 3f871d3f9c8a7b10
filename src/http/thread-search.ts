import type { Context, Hono } from "hono";
import { z } from "zod";
import type { Core } from "../core/core.ts";
import type { ThreadFilter, ThreadRecord, ThreadSearch } from "../core/ports.ts";
import { canonicalJson, isRecord, type JsonObject } from "../protocol/json.ts";
import { maySee, narrow } from "./access.ts";
import type { Caller } from "./auth.ts";
import { countedPageHeaders, type RouteTable } from "./describe-route.ts";
import type { Env } from "./env.ts";
import { jsonReply } from "./json-reply.ts";
import { page, tellPage } from "./paging.ts";
import { threadListReply } from "./reply-schemas.ts";
import { readBody } from "./respond.ts";
import { metadata } from "./schemas.ts";
import { showThreads } from "./show-threads.ts";

const filter = {
  ids: z.array(z.string()).max(1000).nullish(),
  metadata: metadata.nullish(),
  /** Members that the state's values must have, by JSON equality. */
  values: z.record(z.string(), z.json()).nullish(),
  status: z.enum(["idle", "busy", "interrupted", "error"]).nullish(),
};

const countBody = z.object(filter);

const searchBody = z.object({
  ...filter,
  ...page,
  sort_by: z.enum(["thread_id", "status", "created_at", "updated_at", "state_updated_at"]).nullish(),
  sort_order: z.enum(["asc", "desc"]).nullish(),
  select: z.array(z.string()).nullish(),
  extract: z
    .record(z.string(), z.string().max(500))
    .refine((paths) => Object.keys(paths).length <= 10, "at most 10 paths")
    .nullish(),
});

/** Finds and counts threads (reference/protocol.md 1.2). */
export function addThreadSearchRoutes(app: Hono<Env>, core: Core): void {
  app.post("/threads/search", async (c) => {
    const body = await readBody(c.req.raw, searchBody);
    const { limit, offset } = body;
    const sort = { sortBy: body.sort_by ?? "updated_at", sortOrder: body.sort_order ?? "desc" } as const;
    const query = await toQuery(c, body);
    if (query === undefined) return c.json([]);
    const found = await find(core, query, { ...sort, limit, offset });
    if (found.total !== undefined) tellPage(c, body, found.total);
    else if (found.hasMore) c.header("x-pagination-next", String(offset + limit));
    return jsonReply(c, await showThreads(core, found.threads, body));
  });

  app.post("/threads/count", async (c) => {
    const query = await toQuery(c, await readBody(c.req.raw, countBody));
    if (query === undefined) return c.json(0);
    if (query.isPlain) return c.json(await core.store.threads.count(query.filter));
    let count = 0;
    for await (const _ of visible(core, query, { sortBy: "created_at", sortOrder: "asc" })) count += 1;
    return c.json(count);
  });
}

export interface Query {
  filter: ThreadFilter;
  /** Nothing but `filter` says what is found. */
  isPlain: boolean;
  isFound: (thread: ThreadRecord) => Promise<boolean>;
  values: JsonObject | undefined;
}

/** Undefined when what is asked for lies outside of what the caller may find. */
export async function toQuery(c: Context<Env>, body: z.infer<typeof countBody>): Promise<Query | undefined> {
  const caller: Caller = c.get("caller");
  const scope = await caller.scope({ metadata: body.metadata ?? {} });
  const narrowed = narrow(body.metadata, scope);
  if (narrowed === undefined) return undefined;
  return {
    filter: {
      ...(body.ids ? { ids: body.ids } : {}),
      metadata: narrowed,
      ...(body.status ? { status: body.status } : {}),
      ...(caller.owner === null ? {} : { owner: caller.owner }),
    },
    isPlain: caller.mayAll && scope?.matches === undefined && !body.values,
    values: body.values ? (body.values as JsonObject) : undefined,
    isFound: async (thread) => (scope?.matches?.(thread.metadata) === false ? false : maySee(caller, thread)),
  };
}

async function find(
  core: Core,
  query: Query,
  { limit, offset, ...sort }: Pick<ThreadSearch, "sortBy" | "sortOrder" | "limit" | "offset">,
): Promise<{ threads: ThreadRecord[]; hasMore: boolean; total?: number }> {
  if (query.isPlain) {
    const threads = await core.store.threads.search({ ...query.filter, ...sort, limit, offset });
    const total = await core.store.threads.count(query.filter);
    return { threads, hasMore: offset + limit < total, total };
  }
  const threads: ThreadRecord[] = [];
  let passed = 0;
  for await (const thread of visible(core, query, sort)) {
    passed += 1;
    if (passed > offset + limit) return { threads, hasMore: true };
    if (passed > offset) threads.push(thread);
  }
  return { threads, hasMore: false };
}

const pageLength = 100;

/** All that is found, in order: what the store cannot judge is judged here, thread by thread. */
async function* visible(
  core: Core,
  { filter: wanted, isFound, values }: Query,
  sort: Pick<ThreadSearch, "sortBy" | "sortOrder">,
): AsyncGenerator<ThreadRecord> {
  for (let offset = 0; ; offset += pageLength) {
    const threads = await core.store.threads.search({ ...wanted, ...sort, limit: pageLength, offset });
    const states = values ? await core.states.values(threads) : undefined;
    for (const thread of threads) {
      if (values && !hasMembers(states?.get(thread.threadId)?.toJSON(), values)) continue;
      if (await isFound(thread)) yield thread;
    }
    if (threads.length < pageLength) return;
  }
}

function hasMembers(state: unknown, wanted: JsonObject): boolean {
  return Object.entries(wanted).every(
    ([key, value]) =>
      isRecord(state) && Object.hasOwn(state, key) && canonicalJson(state[key]) === canonicalJson(value),
  );
}

/** For `/openapi.json`. */
export const threadSearchRoutes: RouteTable = {
  "POST /threads/search": {
    summary: "Find threads",
    body: searchBody,
    reply: threadListReply,
    replyHeaders: countedPageHeaders,
  },
  "POST /threads/count": { summary: "Count threads", body: countBody, reply: z.number().int() },
};
