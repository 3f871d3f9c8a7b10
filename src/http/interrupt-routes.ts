import type { Hono } from "hono";
import { z } from "zod";
import type { Bridge } from "../core/bridge.ts";
import type { Core } from "../core/core.ts";
import type { InboxQuery, InterruptRecord } from "../core/ports.ts";
import { findThread, threadOf } from "./access.ts";
import type { Caller } from "./auth.ts";
import type { RouteTable } from "./describe-route.ts";
import type { Env } from "./env.ts";
import { inboxReply } from "./reply-schemas.ts";
import { readBody } from "./respond.ts";

const searchBody = z.object({
  /** The questions of this id, also those that are not open any more; the other filters do not count then. */
  interrupt_id: z.string().nullish(),
  /** Only those of this thread: all of them, oldest first, whatever else is said. */
  thread_id: z.string().nullish(),
  graph_id: z.string().nullish(),
  /** Only what one of these ids or roles may answer; `me` is the caller. */
  assignee: z.union([z.literal("me"), z.array(z.string()).min(1).max(100)]).nullish(),
  limit: z.number().int().min(1).max(1000).default(20),
  /** `next` of the page before. */
  before: z.number().int().nullish(),
});

/** The inbox over all threads, and what an operator does about questions that nobody will answer. */
export function addInterruptRoutes(app: Hono<Env>, core: Core): void {
  const { store, commands, bridge } = core;

  app.post("/interrupts/search", async (c) => {
    const { interrupt_id, thread_id, limit, ...filter } = await readBody(c.req.raw, searchBody);
    const rows =
      interrupt_id != null
        ? await store.interrupts.listById(interrupt_id, limit)
        : thread_id != null
          ? (await store.interrupts.listOpen([thread_id])).slice(0, limit)
          : await store.interrupts.inbox({ ...toQuery(filter, c.get("caller")), limit: limit + 1 });
    const page = rows.slice(0, limit);
    const seen = await Promise.all(
      page.map(async ({ threadId }) => (await findThread(core, c.get("caller"), threadId)) !== undefined),
    );
    const next = rows.length > limit ? (page.at(-1)?.number ?? null) : null;
    return c.json({
      interrupts: page.filter((_row, index) => seen[index]).map((row) => toWireItem(row, bridge)),
      next,
    });
  });

  app.post("/threads/:thread_id/interrupts/:interrupt_id/cancel", async (c) => {
    const { threadId } = await threadOf(core, c, "interrupts.cancel");
    await commands.withdraw({ threadId, interruptIds: [c.req.param("interrupt_id")] });
    return c.body(null, 204);
  });

  app.post("/threads/:thread_id/interrupts/:interrupt_id/undo", async (c) => {
    const thread = await threadOf(core, c, "interrupts.answer");
    const caller = c.get("caller");
    const interruptId = await commands.undo({
      threadId: thread.threadId,
      interruptId: c.req.param("interrupt_id"),
      actor: caller.actor,
      // What they could stop, they may take back.
      ofOthers: await caller.may("runs.cancel", thread),
    });
    return c.json({ interrupt_id: interruptId });
  });
}

function toQuery(
  { graph_id, assignee, before }: Omit<z.infer<typeof searchBody>, "interrupt_id" | "thread_id" | "limit">,
  { owner, actor }: Caller,
): Omit<InboxQuery, "limit"> {
  const me = [actor.id, ...(actor.roles ?? [])];
  return {
    ...(owner === null ? {} : { owner }),
    ...(graph_id == null ? {} : { graphId: graph_id }),
    ...(assignee == null ? {} : { assignees: assignee === "me" ? me : assignee }),
    ...(before == null ? {} : { before }),
  };
}

function toWireItem(interrupt: InterruptRecord, bridge: Bridge): Record<string, unknown> {
  return {
    id: interrupt.interruptId,
    thread_id: interrupt.threadId,
    run_id: interrupt.runId,
    graph_id: interrupt.graphId,
    namespace: interrupt.namespace,
    value: bridge.shown(interrupt.graphId, interrupt.value),
    ...(interrupt.responseSchema === null ? {} : { response_schema: interrupt.responseSchema }),
    digest: interrupt.digest,
    opened_at: new Date(interrupt.openedAt).toISOString(),
    assignees: interrupt.assignees,
    expires_at: interrupt.expiresAt === null ? null : new Date(interrupt.expiresAt).toISOString(),
    on_expiry: interrupt.onExpiry.type,
    status: interrupt.status,
    answered_by: interrupt.answer?.actor.id ?? null,
    answered_at: interrupt.answer === null ? null : new Date(interrupt.answer.at).toISOString(),
  };
}

/** For `/openapi.json`. */
export const interruptRoutes: RouteTable = {
  "POST /interrupts/search": {
    summary: "The inbox: open questions of all threads; or one question, by its id",
    body: searchBody,
    reply: inboxReply,
  },
  "POST /threads/:thread_id/interrupts/:interrupt_id/cancel": {
    summary: "Withdraw a question",
    empty: [204],
    errors: ["no_such_thread", "no_such_interrupt"],
  },
  "POST /threads/:thread_id/interrupts/:interrupt_id/undo": {
    summary:
      "Take an answer back before anything was done with it; the question is open again under the id returned",
    reply: z.object({ interrupt_id: z.string() }),
    errors: ["no_such_thread", "no_such_interrupt", "permission_denied", "too_late"],
  },
};
