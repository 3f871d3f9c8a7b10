import type { Hono } from "hono";
import type { Core } from "../core/core.ts";
import { subscribe } from "../protocol/commands.ts";
import type { ErrorCode } from "../protocol/errors.ts";
import { checkThreadId, getThread, mayReadNow } from "./access.ts";
import { createAttendance } from "./attendance.ts";
import { idempotencyHeader, type RouteTable } from "./describe-route.ts";
import type { Env } from "./env.ts";
import { createEventStream } from "./event-stream.ts";
import { jsonReply } from "./json-reply.ts";
import { commandBody, executeCommand } from "./protocol-commands.ts";
import { commandReply } from "./reply-schemas.ts";
import { readBody, readJson } from "./respond.ts";

/** Refusals that concern the request as such: they have an HTTP status of their own. */
const requestErrors = new Set<ErrorCode>([
  "no_such_thread",
  "payload_too_large",
  "unsupported_media_type",
  "store_unavailable",
]);

/** The thread protocol over HTTP: commands in, events out (reference/protocol.md 3). */
export function addThreadProtocol(app: Hono<Env>, core: Core, closing: AbortSignal): void {
  app.post("/threads/:thread_id/commands", async (c) => {
    const threadId = checkThreadId(c.req.param("thread_id"));
    const key = c.req.header("idempotency-key")?.slice(0, 255);
    const context = { core, caller: c.get("caller"), threadId };
    const { reply, refused } = await executeCommand(context, () => readJson(c.req.raw), key);
    if (refused && requestErrors.has(refused.code)) throw refused;
    return jsonReply(c, reply);
  });

  app.post("/threads/:thread_id/stream/events", async (c) => {
    const threadId = checkThreadId(c.req.param("thread_id"));
    const caller = c.get("caller");
    const { channels, namespaces, depth, since } = await readBody(c.req.raw, subscribe);
    const exists = (await core.store.threads.find(threadId)) !== undefined;
    if (exists) await getThread(core, caller, threadId, "threads.read");
    const attendance = createAttendance(core, threadId, caller);
    if (exists) attendance.come();
    const subscription = {
      channels,
      ...(namespaces ? { namespaces } : {}),
      ...(depth == null ? {} : { depth }),
      ...(since == null ? {} : { since }),
    };
    return createEventStream(core, threadId, subscription, {
      signal: closing,
      attendance,
      // Asked each time: the thread may be gone, and its id somebody else's by now.
      mayRead: () => mayReadNow(core, caller, threadId),
    });
  });
}

/** For `/openapi.json`. */
export const threadProtocolRoutes: RouteTable = {
  "POST /threads/:thread_id/commands": {
    summary: "A command of the thread protocol; refusals are replies, too",
    body: commandBody,
    headers: idempotencyHeader,
    reply: commandReply,
    errors: ["no_such_thread"],
  },
  "POST /threads/:thread_id/stream/events": {
    summary: "The events of a thread: those that were, then those that come. Over WebSocket at the same path",
    body: subscribe,
    stream: "Server-Sent Events, named by method, for as long as the client stays.",
    errors: ["no_such_thread"],
  },
};
