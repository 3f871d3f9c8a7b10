import { randomUUID } from "node:crypto";
import type { Context, Hono } from "hono";
import { z } from "zod";
import type { Core } from "../core/core.ts";
import { type CronStart, noSuchCron } from "../core/crons.ts";
import type { CronRecord } from "../core/ports.ts";
import { isTimezone, whyNoSchedule } from "../core/schedule.ts";
import { CountersignError } from "../protocol/errors.ts";
import type { Json, JsonObject } from "../protocol/json.ts";
import { type AskedRun, demand, demandRun, maySeeCron, threadOf, toAskedCron } from "./access.ts";
import type { Action, Caller } from "./auth.ts";
import { forkOf, runBody, toOptions } from "./classic-commands.ts";
import { findCrons, toCronQuery } from "./cron-search.ts";
import { countedPageHeaders, type RouteTable } from "./describe-route.ts";
import type { Env } from "./env.ts";
import { page, pick, tellPage } from "./paging.ts";
import { cronListReply, cronReply } from "./reply-schemas.ts";
import { parse, readBody } from "./respond.ts";
import { metadata } from "./schemas.ts";
import { toWireCron } from "./wire-records.ts";

/** What each run of the cron is made from. */
const payload = runBody
  .pick({
    input: true,
    config: true,
    context: true,
    webhook: true,
    webhook_on_interrupt: true,
    interrupt_before: true,
    interrupt_after: true,
    multitask_strategy: true,
    stream_mode: true,
    stream_subgraphs: true,
  })
  .extend({
    stream_resumable: z.boolean().nullish(),
    durability: z.enum(["sync", "async", "exit"]).nullish(),
    checkpoint_during: z.boolean().nullish(),
  });

const schedule = z
  .string()
  .max(200)
  .superRefine((text, context) => {
    const why = whyNoSchedule(text);
    if (why !== undefined) context.addIssue({ code: "custom", message: why });
  });

const terms = payload.extend({
  schedule: schedule.nullish(),
  timezone: z.string().refine(isTimezone, 'is no IANA time zone such as "Europe/Berlin"').nullish(),
  end_time: z.iso.datetime({ offset: true, local: true }).nullish(),
  enabled: z.boolean().nullish(),
  on_run_completed: z.enum(["delete", "keep"]).nullish(),
  metadata: metadata.nullish(),
});

const createBody = terms.extend({ assistant_id: z.string().min(1), schedule });

const filter = {
  assistant_id: z.string().nullish(),
  thread_id: z.string().nullish(),
  enabled: z.boolean().nullish(),
  metadata: metadata.nullish(),
};

const searchBody = z.object({
  ...filter,
  ...page,
  sort_by: z
    .enum(["cron_id", "assistant_id", "thread_id", "created_at", "updated_at", "next_run_date"])
    .nullish(),
  sort_order: z.enum(["asc", "desc"]).nullish(),
  select: z.array(z.string()).nullish(),
});

const countBody = z.object(filter);

/** Runs on a schedule (reference/protocol.md 1.4). */
export function addCronRoutes(app: Hono<Env>, core: Core): void {
  app.post("/runs/crons", async (c) => c.json(toWireCron(await create(core, c, null))));

  app.post("/threads/:thread_id/runs/crons", async (c) => {
    const { threadId } = await threadOf(core, c);
    return c.json(toWireCron(await create(core, c, threadId)));
  });

  app.post("/runs/crons/search", async (c) => {
    const body = await readBody(c.req.raw, searchBody);
    const query = await toCronQuery(core, c, body);
    if (query === undefined) return c.json([]);
    const { limit, offset } = body;
    const sort = { sortBy: body.sort_by ?? "created_at", sortOrder: body.sort_order ?? "desc" } as const;
    const { crons, total } = await findCrons(core, query, { ...sort, limit, offset });
    tellPage(c, body, total);
    return c.json(crons.map((cron) => pick(toWireCron(cron), body.select)));
  });

  app.post("/runs/crons/count", async (c) => {
    const query = await toCronQuery(core, c, await readBody(c.req.raw, countBody));
    if (query === undefined) return c.json(0);
    const sort = { sortBy: "created_at", sortOrder: "desc" } as const;
    return c.json((await findCrons(core, query, { ...sort, limit: 0, offset: 0 })).total);
  });

  app.patch("/runs/crons/:cron_id", async (c) => {
    const body = await readBody(c.req.raw, terms);
    return c.json(toWireCron(await update(core, c, body)));
  });

  app.delete("/runs/crons/:cron_id", async (c) => {
    const { cronId } = await cronOf(core, c, "crons.delete");
    if (!(await core.store.crons.delete(cronId))) throw noSuchCron(cronId);
    return c.body(null, 204);
  });
}

async function create(core: Core, c: Context<Env>, threadId: string | null): Promise<CronRecord> {
  const caller = c.get("caller");
  const body = await readBody(c.req.raw, createBody);
  const { assistant_id: assistantId, metadata: own = {} } = body;
  const cronId = randomUUID();
  const asked = {
    ...{ cron_id: cronId, assistant_id: assistantId, schedule: body.schedule, metadata: own ?? {} },
    ...(threadId === null ? {} : { thread_id: threadId }),
  };
  const granted = await demand(caller, "crons.create", undefined, asked);
  const run = toAskedRun({ threadId, assistantId }, own ?? {});
  const threadMetadata = await demandRun(core, caller, run, threadId === null);
  await demandFork(core, caller, body, threadId);
  const said = { ...payloadOf(body), assistant_id: assistantId };
  return core.crons.create({
    ...{ cronId, threadId, assistantId, owner: caller.owner },
    userId: caller.user === null ? null : caller.actor.id,
    schedule: body.schedule,
    timezone: body.timezone ?? null,
    endTime: toInstant(body.end_time),
    enabled: body.enabled ?? true,
    onRunCompleted: body.on_run_completed ?? "delete",
    metadata: { ...own, ...granted },
    payload: said,
    start: toStart(core, said, { caller, threadMetadata, metadata: own ?? {} }),
  });
}

/** What is not named stays; null takes out what may be missing. */
async function update(core: Core, c: Context<Env>, body: z.infer<typeof terms>): Promise<CronRecord> {
  const { cronId } = await cronOf(core, c, "crons.read");
  const caller = c.get("caller");
  return core.crons.update(cronId, async (cron) => {
    const asked = { ...toAskedCron(cron), metadata: body.metadata ?? {} };
    const granted = await demand(caller, "crons.update", undefined, asked);
    await demandFork(core, caller, body, cron.threadId);
    const { enabled, on_run_completed: onRunCompleted, schedule: when } = body;
    const said = withoutNulls({ ...cron.payload, ...payloadOf(body) });
    const all = { ...cron.metadata, ...body.metadata, ...granted };
    const before = cron.start as unknown as CronStart;
    const { threadMetadata } = before;
    const isSaid = Object.keys(payloadOf(body)).length > 0 || body.metadata != null;
    const metadata = { ...before.options.metadata, ...body.metadata };
    if (isSaid) await demandRun(core, caller, toAskedRun(cron, metadata), cron.threadId === null);
    return {
      metadata: all,
      payload: said,
      // What runs do is done in the name of who said it last.
      ...(isSaid ? { start: toStart(core, said, { caller, threadMetadata, metadata }) } : {}),
      ...(when == null ? {} : { schedule: when }),
      ...(body.timezone === undefined ? {} : { timezone: body.timezone }),
      ...(body.end_time === undefined ? {} : { endTime: toInstant(body.end_time) }),
      ...(enabled == null ? {} : { enabled }),
      ...(onRunCompleted == null ? {} : { onRunCompleted }),
    };
  });
}

/** A run of it, for those who decide; on a thread that is made when the time has come. */
function toAskedRun(
  { threadId, assistantId }: Pick<CronRecord, "threadId" | "assistantId">,
  own: JsonObject,
): AskedRun {
  return { thread_id: threadId ?? randomUUID(), assistant_id: assistantId, metadata: own };
}

/** The cron in the path: another's is not there. @throws `not_found`, `permission_denied` */
async function cronOf(core: Core, c: Context<Env>, action: Action): Promise<CronRecord> {
  const caller = c.get("caller");
  const cronId = c.req.param("cron_id") ?? "";
  const cron = await core.store.crons.find(cronId);
  if (cron === undefined || !(await maySeeCron(caller, cron))) throw noSuchCron(cronId);
  if (action !== "crons.read") await demand(caller, action, undefined, toAskedCron(cron));
  return cron;
}

/** A cron that starts from a checkpoint writes state with each of its runs. */
async function demandFork(
  core: Core,
  caller: Caller,
  { config }: z.infer<typeof payload>,
  threadId: string | null,
): Promise<void> {
  if (forkOf({ config }) === undefined) return;
  if (threadId === null) {
    throw new CountersignError(
      "invalid_argument",
      "Invalid request. config.configurable.checkpoint_id: the threads of this cron are new and have no checkpoint. Leave it out.",
    );
  }
  await demand(caller, "state.write", await core.store.threads.find(threadId));
}

/** As it is shown: the fields that were sent. */
function payloadOf(body: z.infer<typeof payload>): JsonObject {
  const named = Object.keys(payload.shape).filter((key) => body[key as keyof typeof body] !== undefined);
  return Object.fromEntries(named.map((key) => [key, body[key as keyof typeof body] as Json]));
}

const withoutNulls = (said: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(said).filter(([key, value]) => value !== null || key === "input"));

function toStart(
  core: Core,
  said: JsonObject,
  {
    caller,
    threadMetadata,
    metadata: own,
  }: { caller: Caller; threadMetadata: JsonObject; metadata: JsonObject },
): CronStart {
  const { webhook, webhook_on_interrupt: onInterrupt, ...body } = parse(payload, said);
  const { actor, user } = caller;
  return {
    actor,
    input: (body.input ?? null) as Json,
    options: {
      ...toOptions({ ...body, metadata: own }),
      ...(webhook ? { webhook: core.webhooks.of(webhook, onInterrupt ?? false) } : {}),
      user,
    },
    threadMetadata,
  };
}

/** Without an offset it is in UTC. */
function toInstant(time: string | null | undefined): number | null {
  if (time == null) return null;
  return Date.parse(/(z|[+-]\d\d:?\d\d)$/i.test(time) ? time : `${time}Z`);
}

/** For `/openapi.json`. */
export const cronRoutes: RouteTable = {
  "POST /runs/crons": {
    summary: "Run on a schedule, each time on a thread of its own",
    body: createBody,
    reply: cronReply,
    errors: ["no_such_graph"],
  },
  "POST /threads/:thread_id/runs/crons": {
    summary: "Run on a schedule, on this thread",
    body: createBody,
    reply: cronReply,
    errors: ["no_such_thread", "no_such_graph"],
  },
  "POST /runs/crons/search": {
    summary: "Find crons",
    body: searchBody,
    reply: cronListReply,
    replyHeaders: countedPageHeaders,
  },
  "POST /runs/crons/count": { summary: "Count crons", body: countBody, reply: z.number().int() },
  "PATCH /runs/crons/:cron_id": {
    summary: "Change a cron",
    body: terms,
    reply: cronReply,
    errors: ["not_found"],
  },
  "DELETE /runs/crons/:cron_id": { summary: "Delete a cron", empty: [204], errors: ["not_found"] },
};
