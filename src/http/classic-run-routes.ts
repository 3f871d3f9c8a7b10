import { randomUUID } from "node:crypto";
import type { Context, Hono } from "hono";
import { z } from "zod";
import type { CommandResult } from "../core/accepted-run.ts";
import type { Core } from "../core/core.ts";
import { digestOf } from "../core/digest.ts";
import type { RunRecord, ThreadRecord } from "../core/ports.ts";
import { toWireRun } from "../core/wire-run.ts";
import { CountersignError } from "../protocol/errors.ts";
import { demand, findThread, threadOf } from "./access.ts";
import {
  type ClassicCommand,
  createClassicRun,
  judgeNewRun,
  type Place,
  type RunBody,
  runBody,
} from "./classic-commands.ts";
import { type ClassicMode, classicModes } from "./classic-frames.ts";
import { type ClassicPosition, parseFrameId } from "./classic-position.ts";
import { createClassicStream } from "./classic-stream.ts";
import { waitForRun } from "./classic-wait.ts";
import { idempotencyHeader, type RouteEntry, type RouteTable } from "./describe-route.ts";
import type { Env } from "./env.ts";
import { resultReply, runReply } from "./reply-schemas.ts";
import { parse, readBody } from "./respond.ts";
import { isTrue, listOf } from "./schemas.ts";

const batchBody = z.array(runBody).max(100);

/** Runs of the classic protocol: created, streamed, awaited, joined (reference/protocol.md 1.3 and 2). */
export function addClassicRunRoutes(app: Hono<Env>, core: Core, closing: AbortSignal): void {
  app.post("/threads/:thread_id/runs", async (c) => {
    const { result, thread } = await createOn(core, c, c.req.param("thread_id"));
    return c.json(toWireRun(result.run), 200, locationsOf(thread.threadId, result.run.runId));
  });

  app.post("/threads/:thread_id/runs/stream", async (c) => {
    const { result, thread, body } = await createOn(core, c, c.req.param("thread_id"));
    return stream(core, c, { result, thread, body, closing });
  });

  app.post("/threads/:thread_id/runs/wait", async (c) => {
    const { result, thread } = await createOn(core, c, c.req.param("thread_id"));
    const headers = locationsOf(thread.threadId, result.run.runId);
    return waitForRun(core, { run: result.run, thread, after: result.seq, signal: closing, headers });
  });

  app.post("/runs", async (c) => {
    const { result, thread } = await createOn(core, c, undefined);
    return c.json(toWireRun(result.run), 200, locationsOf(thread.threadId, result.run.runId));
  });

  app.post("/runs/batch", async (c) => {
    const bodies = await readBody(c.req.raw, batchBody);
    const runs: RunRecord[] = [];
    const commands = bodies.map((body) => toCommand(core, c, body));
    // All are judged before the first is started.
    for (const command of commands) await judgeNewRun(command);
    for (const [index, command] of commands.entries())
      runs.push((await createFor(command, undefined, index)).result.run);
    return c.json(runs.map(toWireRun));
  });

  app.post("/runs/stream", async (c) => {
    const { result, thread, body } = await createOn(core, c, undefined);
    return stream(core, c, { result, thread, body, closing });
  });

  app.post("/runs/wait", async (c) => {
    const { result, thread } = await createOn(core, c, undefined);
    const headers = locationsOf(thread.threadId, result.run.runId);
    return waitForRun(core, { run: result.run, thread, after: result.seq, signal: closing, headers });
  });

  app.get("/threads/:thread_id/runs/:run_id/join", async (c) => {
    const thread = await threadOf(core, c);
    const run = await runOf(core, thread, c.req.param("run_id"));
    return waitForRun(core, { run, thread, after: 0, signal: closing, headers: {} });
  });

  app.get("/threads/:thread_id/runs/:run_id/stream", async (c) => {
    const thread = await threadOf(core, c);
    const run = await runOf(core, thread, c.req.param("run_id"));
    return joinStream(core, c, { run, thread, closing });
  });

  app.get("/runs/:run_id/stream", async (c) => {
    const thread = await threadOfRun(core, c);
    const run = await runOf(core, thread, c.req.param("run_id"));
    return joinStream(core, c, { run, thread, closing });
  });
}

/** The thread of a run that is named without it; another's is not there. @throws `no_such_run` */
async function threadOfRun(core: Core, c: Context<Env>): Promise<ThreadRecord> {
  const runId = c.req.param("run_id") ?? "";
  const threadId = await core.store.runs.locate(runId);
  const thread = threadId === undefined ? undefined : await findThread(core, c.get("caller"), threadId);
  if (thread) return thread;
  throw new CountersignError("no_such_run", `There is no run ${runId}. Start one with POST /runs.`);
}

const joinQuery = z.object({
  stream_mode: z.array(z.enum(classicModes)),
  cancel_on_disconnect: z.string().optional(),
});

/** Joins a run's stream: from its start, or behind `Last-Event-ID`; its live part alone without that. */
async function joinStream(
  core: Core,
  c: Context<Env>,
  { run, thread, closing }: { run: RunRecord; thread: ThreadRecord; closing: AbortSignal },
): Promise<Response> {
  const query = parse(joinQuery, {
    ...c.req.query(),
    stream_mode: listOf(c, "stream_mode") ?? [],
  });
  if (isTrue(query.cancel_on_disconnect)) await demand(c.get("caller"), "runs.cancel", thread);
  const last = c.req.header("last-event-id");
  const isOver = run.status !== "pending" && run.status !== "running";
  const after =
    last === undefined && !isOver
      ? at(await core.store.log.lastSeq(thread.threadId))
      : (parseFrameId(last ?? "-1") ?? at(0));
  const modes = query.stream_mode.length > 0 ? query.stream_mode : modesOf(run);
  return createClassicStream(core, {
    run,
    thread,
    modes: new Set(modes),
    subgraphs: run.kwargs.stream_subgraphs === true,
    after,
    signal: closing,
    cut: cutOf(c),
    actor: c.get("caller").actor,
    ...(isTrue(query.cancel_on_disconnect) ? { onDisconnect: () => cancel(core, run) } : {}),
  });
}

const at = (seq: number): ClassicPosition => ({ seq, sent: new Map() });

function modesOf(run: RunRecord): ClassicMode[] {
  const modes = run.kwargs.stream_mode;
  return Array.isArray(modes) && modes.length > 0 ? (modes as ClassicMode[]) : ["values"];
}

/** How long the thread of a stateless run stays when that has ended, for those who still read of it, in ms. */
const afterwardsMs = 60_000;

async function createOn(core: Core, c: Context<Env>, threadId: string | undefined) {
  return createFor(toCommand(core, c, await readBody(c.req.raw, runBody)), threadId);
}

function toCommand(core: Core, c: Context<Env>, body: RunBody): ClassicCommand {
  const idempotencyKey = c.req.header("idempotency-key")?.slice(0, 255);
  return { core, caller: c.get("caller"), body, idempotencyKey };
}

/** Creates the run, on a thread of its own when none is named. */
async function createFor(command: ClassicCommand, threadId: string | undefined, index = 0) {
  const { core, body } = command;
  const result = await createClassicRun(command, toPlace(command, threadId, index));
  const thread = await core.store.threads.find(result.run.threadId);
  if (thread === undefined) throw gone(result.run.threadId);
  return { result, thread, body };
}

function toPlace(command: ClassicCommand, threadId: string | undefined, index: number): Place {
  const { on_completion, if_not_exists } = command.body;
  if (threadId !== undefined)
    return { threadId, ...(if_not_exists === "create" ? { createThread: { ttlMs: null } } : {}) };
  const isKept = on_completion === "keep" || on_completion === "continue";
  return { threadId: newThreadId(command, index), createThread: { ttlMs: isKept ? null : afterwardsMs } };
}

/** The same for the same key of the same actor: a repeat finds the first run on it. */
function newThreadId({ caller, idempotencyKey }: ClassicCommand, index: number): string {
  if (idempotencyKey === undefined) return randomUUID();
  const { actor, owner } = caller;
  const hex = digestOf({ owner, actor: actor.id, idempotencyKey, index }).slice(0, 32);
  const [, ...parts] = /^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/.exec(hex) ?? [];
  const [first, second, third, fourth, fifth] = parts;
  return `${first}-${second}-8${third}-8${fourth}-${fifth}`;
}

function stream(
  core: Core,
  c: Context<Env>,
  options: { result: CommandResult; thread: ThreadRecord; body: RunBody; closing: AbortSignal },
): Response {
  const { result, thread, body, closing } = options;
  const { run, seq } = result;
  const wanted = body.stream_mode ?? "values";
  return createClassicStream(core, {
    run,
    thread,
    modes: new Set(Array.isArray(wanted) ? wanted : [wanted]),
    subgraphs: body.stream_subgraphs ?? false,
    // The run's own first event, `running`, may be the one that `seq` names.
    after: at(Math.max(0, seq - 2)),
    signal: closing,
    cut: cutOf(c),
    actor: c.get("caller").actor,
    headers: locationsOf(thread.threadId, run.runId),
    ...(body.on_disconnect === "cancel" ? { onDisconnect: () => cancel(core, run) } : {}),
  });
}

function cutOf({ env }: Context<Env>): (() => void) | undefined {
  const outgoing = env?.outgoing;
  return outgoing && (() => void outgoing.destroy());
}

function cancel(core: Core, { threadId, runId }: RunRecord): void {
  core.commands
    .cancel({ threadId, runIds: [runId], wait: false })
    .catch((error: unknown) => core.report(error, { threadId, runId, during: "disconnect" }));
}

/** Without a prefix: clients put these behind their own base address (reference/protocol.md 1.1). */
function locationsOf(threadId: string, runId: string): Record<string, string> {
  const path = `/threads/${encodeURIComponent(threadId)}/runs/${runId}`;
  return { "content-location": path, location: `${path}/stream` };
}

async function runOf(core: Core, { threadId }: ThreadRecord, runId: string): Promise<RunRecord> {
  const run = await core.store.runs.find(threadId, runId);
  if (run) return run;
  throw new CountersignError(
    "no_such_run",
    `There is no run ${runId} on thread ${threadId}. List them with GET /threads/${threadId}/runs.`,
  );
}

function gone(threadId: string): CountersignError {
  return new CountersignError("no_such_thread", `Thread ${threadId} was deleted meanwhile. Start again.`);
}

const frames = "Server-Sent Events of the run, named by stream mode, until `end`.";

const locations = {
  "content-location": "The run: /threads/{thread_id}/runs/{run_id}.",
  location: "Where its stream can be joined.",
};

const creates = {
  body: runBody,
  headers: idempotencyHeader,
  replyHeaders: locations,
  errors: [
    "no_such_thread",
    "no_such_graph",
    "no_such_checkpoint",
    "no_such_interrupt",
    "invalid_answer",
    "interrupts_open",
    "graph_changed",
    "thread_busy",
  ],
} as const satisfies Partial<RouteEntry>;

const joins = { errors: ["no_such_thread", "no_such_run"] } as const satisfies Partial<RouteEntry>;

/** For `/openapi.json`. */
export const classicRunRoutes: RouteTable = {
  "POST /threads/:thread_id/runs": { summary: "Start or resume a run", ...creates, reply: runReply },
  "POST /threads/:thread_id/runs/stream": {
    summary: "Start or resume a run, and stream it",
    ...creates,
    stream: frames,
  },
  "POST /threads/:thread_id/runs/wait": {
    summary: "Start or resume a run, and wait for what it comes to",
    ...creates,
    reply: resultReply,
  },
  "POST /runs": { summary: "Start a run on a thread of its own", ...creates, reply: runReply },
  "POST /runs/batch": {
    summary: "Start runs, each on a thread of its own",
    ...creates,
    body: batchBody,
    reply: z.array(runReply),
    replyHeaders: {},
  },
  "POST /runs/stream": {
    summary: "Start a run on a thread of its own, and stream it",
    ...creates,
    stream: frames,
  },
  "POST /runs/wait": {
    summary: "Start a run on a thread of its own, and wait for what it comes to",
    ...creates,
    reply: resultReply,
  },
  "GET /threads/:thread_id/runs/:run_id/join": {
    summary: "Wait for what a run comes to",
    ...joins,
    reply: resultReply,
  },
  "GET /threads/:thread_id/runs/:run_id/stream": {
    summary: "Join the stream of a run",
    ...joins,
    query: joinQuery,
    headers: { "last-event-id": "Only what comes behind this event; -1 for all." },
    stream: frames,
  },
  "GET /runs/:run_id/stream": {
    summary: "Join the stream of a run by its id alone",
    ...joins,
    query: joinQuery,
    headers: { "last-event-id": "Only what comes behind this event; -1 for all." },
    stream: frames,
  },
};
