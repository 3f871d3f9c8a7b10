import type { Hono } from "hono";
import { z } from "zod";
import type { Core } from "../core/core.ts";
import type { ThreadRecord } from "../core/ports.ts";
import type { Candidate, TextHit, TextPosition } from "../core/text-search.ts";
import { CountersignError } from "../protocol/errors.ts";
import { findThread } from "./access.ts";
import type { Caller } from "./auth.ts";
import type { RouteTable } from "./describe-route.ts";
import type { Env } from "./env.ts";
import { textSearchReply } from "./reply-schemas.ts";
import { readBody } from "./respond.ts";
import { type Query, toQuery } from "./thread-search.ts";

const searchBody = z.object({
  query: z.string().trim().min(1).max(200),
  limit: z.number().int().min(1).max(100).default(20),
  /** `next` of the page before. */
  before: z.string().max(2000).nullish(),
  /** Only threads whose last run was one of this graph. */
  graph_id: z.string().nullish(),
});

/** Search in what was said, over all threads that the caller may see. */
export function addTextSearchRoute(app: Hono<Env>, core: Core): void {
  app.post("/threads/search/text", async (c) => {
    const { query: text, limit, before, graph_id } = await readBody(c.req.raw, searchBody);
    const from = before == null ? undefined : parseCursor(before);
    const query = await toQuery(c, { metadata: graph_id == null ? {} : { graph_id } });
    if (query === undefined) return c.json({ hits: [], next: null });
    const candidates = listCandidates(core, query, from);
    const { hits, next } = await core.textSearch.find({ text, limit, candidates });
    const shown = await stillThere(core, c.get("caller"), hits);
    return c.json({ hits: shown.map(toWireHit), next: next === undefined ? null : toCursor(next) });
  });
}

/** Threads read at once. */
const pageLength = 50;

/** Threads of the query, last updated first, from a place on. */
async function* listCandidates(
  { store }: Core,
  { filter, isFound }: Query,
  from: TextPosition | undefined,
): AsyncGenerator<Candidate> {
  if (from !== undefined && from.message !== null) {
    const [thread] = await store.threads.listRecent({ ...filter, ids: [from.threadId], limit: 1 });
    if (thread) yield { ...from, thread, isVisible: await isFound(thread) };
  }
  for (let before: Pick<ThreadRecord, "threadId" | "updatedAt"> | undefined = from; ; ) {
    const page = { ...filter, limit: pageLength, ...(before ? { before } : {}) };
    const threads: ThreadRecord[] = await store.threads.listRecent(page);
    for (const thread of threads) {
      yield { thread, updatedAt: thread.updatedAt, message: null, isVisible: await isFound(thread) };
    }
    before = threads.at(-1);
    if (before === undefined || threads.length < pageLength) return;
  }
}

/** Without hits in threads that were deleted while the search went on, whose ids may be another's by now. */
async function stillThere(core: Core, caller: Caller, hits: TextHit[]): Promise<TextHit[]> {
  const ids = [...new Set(hits.map(({ thread }) => thread.threadId))];
  const found = await Promise.all(ids.map((id) => findThread(core, caller, id)));
  return hits.filter(({ thread }) => {
    const now = found[ids.indexOf(thread.threadId)];
    return now?.createdAt === thread.createdAt;
  });
}

function toWireHit({ thread, messageId, type, snippet, match }: TextHit) {
  const { graph_id: graphId, title } = thread.metadata;
  return {
    thread_id: thread.threadId,
    graph_id: typeof graphId === "string" ? graphId : null,
    title: typeof title === "string" ? title : null,
    message_id: messageId,
    type,
    snippet,
    match,
    updated_at: new Date(thread.updatedAt).toISOString(),
  };
}

const position = z.tuple([z.string().max(200), z.number().int(), z.number().int().nullable()]);

function toCursor({ threadId, updatedAt, message }: TextPosition): string {
  return Buffer.from(JSON.stringify([threadId, updatedAt, message])).toString("base64url");
}

/** @throws `invalid_argument` */
function parseCursor(cursor: string): TextPosition {
  try {
    const told = position.parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
    const [threadId, updatedAt, message] = told;
    return { threadId, updatedAt, message };
  } catch {
    throw new CountersignError(
      "invalid_argument",
      "Invalid request. before: pass `next` of the page before as it is, or leave it out to begin anew.",
    );
  }
}

/** For `/openapi.json`. */
export const textSearchRoutes: RouteTable = {
  "POST /threads/search/text": {
    summary: "Search in messages, newest threads first; `next` says where to go on, null at the end",
    body: searchBody,
    reply: textSearchReply,
  },
};
