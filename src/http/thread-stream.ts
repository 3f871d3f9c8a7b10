import type { Context, Hono } from "hono";
import { z } from "zod";
import type { Core } from "../core/core.ts";
import type { EventRecord, RunRecord, ThreadRecord } from "../core/ports.ts";
import { heartbeatFrame, sseHeaders } from "../protocol/sse.ts";
import { mayReadNow, threadOf } from "./access.ts";
import type { Caller } from "./auth.ts";
import { type ClassicFrame, ClassicFrames, type ClassicMode } from "./classic-frames.ts";
import { type ClassicPosition, parseFrameId, toFrameId } from "./classic-position.ts";
import { passOver, toText } from "./classic-stream.ts";
import type { RouteTable } from "./describe-route.ts";
import type { Env } from "./env.ts";
import { onAbort } from "./on-abort.ts";
import { parse } from "./respond.ts";
import { listOf } from "./schemas.ts";
import { within } from "./within.ts";

const modes = ["run_modes", "lifecycle", "state_update"] as const;
type Mode = (typeof modes)[number];

const streamQuery = z.object({ stream_mode: z.array(z.enum(modes)) });

const heartbeatMs = 5_000;

const encoder = new TextEncoder();

/**
 * All runs of a thread in one classic stream, which ends with the thread: what each run streams (`run_modes`), that runs
 * begin and end (`lifecycle`), and states written from outside of runs (`state_update`). It starts behind
 * `Last-Event-ID` (`-1`: from the first event that is kept), or with what comes next.
 */
export function addThreadStreamRoute(app: Hono<Env>, core: Core, closing: AbortSignal): void {
  app.get("/threads/:thread_id/stream", async (c) => {
    const thread = await threadOf(core, c);
    const { stream_mode } = parse(streamQuery, {
      stream_mode: listOf(c, "stream_mode") ?? [],
    });
    const wanted = new Set<Mode>(stream_mode.length > 0 ? stream_mode : ["run_modes"]);
    const after = await startOf(core, c, thread);
    return open(core, thread, { wanted, after, closing, caller: c.get("caller") });
  });
}

async function startOf(core: Core, c: Context<Env>, { threadId }: ThreadRecord): Promise<ClassicPosition> {
  const last = parseFrameId(c.req.header("last-event-id") ?? "");
  return last ?? { seq: await core.store.log.lastSeq(threadId), sent: new Map() };
}

function open(
  core: Core,
  thread: ThreadRecord,
  options: { wanted: ReadonlySet<Mode>; after: ClassicPosition; closing: AbortSignal; caller: Caller },
): Response {
  const { wanted, after, closing, caller } = options;
  const gone = new AbortController();
  const batches = core.feed.follow(thread.threadId, after.seq, { signal: gone.signal });
  const toFrames = createToFrames(core, thread, { wanted, after });
  const leave = core.viewers.watch(thread.threadId, caller.actor);
  const stop = () => {
    forget();
    gone.abort();
    leave();
    void batches.return(undefined);
  };
  const forget = onAbort(closing, stop);
  let next: Promise<IteratorResult<EventRecord[]>> | undefined;

  async function pull(): Promise<string | undefined> {
    for (;;) {
      next ??= batches.next();
      const result = await within(heartbeatMs, next);
      if (result === undefined) return heartbeatFrame;
      next = undefined;
      // Asked each time: the thread may be gone, and its id somebody else's by now.
      if (result.done || !(await mayReadNow(core, caller, thread.threadId))) return undefined;
      let text = "";
      for (const event of result.value) text += await toFrames(event);
      if (text !== "") return text;
    }
  }

  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(encoder.encode(heartbeatFrame)),
      async pull(controller) {
        const text = await pull().catch((error: unknown) => {
          if (!gone.signal.aborted)
            core.report(error, { threadId: thread.threadId, during: "thread stream" });
          return undefined;
        });
        if (text !== undefined) return controller.enqueue(encoder.encode(text));
        stop();
        controller.close();
      },
      cancel: stop,
    },
    { highWaterMark: 0 },
  );
  const location = `/threads/${encodeURIComponent(thread.threadId)}/stream`;
  return new Response(body, { headers: { ...sseHeaders, location } });
}

function createToFrames(
  core: Core,
  thread: ThreadRecord,
  { wanted, after }: { wanted: ReadonlySet<Mode>; after: ClassicPosition },
) {
  let current: { run: RunRecord; frames: ClassicFrames } | undefined;

  async function framesOf(runId: string): Promise<typeof current> {
    if (current?.run.runId === runId) return current;
    const run = await core.store.runs.find(thread.threadId, runId);
    if (run === undefined) return undefined;
    const asked = run.kwargs.stream_mode;
    const runModes = new Set<ClassicMode>(Array.isArray(asked) ? (asked as ClassicMode[]) : ["values"]);
    const subgraphs = run.kwargs.stream_subgraphs === true;
    const frames = new ClassicFrames(core, { thread, run, modes: runModes, subgraphs });
    // The client may have come, or come back, in the middle of what this run says.
    if (current === undefined) await passOver(core, frames, { run, after });
    current = { run, frames };
    return current;
  }

  async function framesAt(event: EventRecord): Promise<ClassicFrame[]> {
    const { runId, method, namespace } = event;
    if (runId === null) {
      const isUpdate = method === "values" && namespace.length === 0 && wanted.has("state_update");
      if (!isUpdate) return [];
      const values = await core.states.render(thread.threadId, event);
      return [{ event: "state_update", data: `{"values":${values}}` }];
    }
    const status = method === "lifecycle" && namespace.length === 0 ? statusIn(event) : undefined;
    const frames = wanted.has("run_modes") ? await ((await framesOf(runId))?.frames.of(event) ?? []) : [];
    if (status === undefined || !wanted.has("lifecycle")) return frames;
    if (status === "running") {
      const isTold = frames.some((frame) => frame.event === "metadata");
      return isTold ? frames : [metadataFrame({ run_id: runId, status: "run_started" }), ...frames];
    }
    return [...frames, metadataFrame({ run_id: runId, status: "run_done" })];
  }

  return async (event: EventRecord): Promise<string> => {
    const frames = await framesAt(event);
    const own = current?.run.runId === event.runId ? current.frames : undefined;
    return toText(frames, own?.idOf(event) ?? toFrameId({ seq: event.seq, sent: new Map() }));
  };
}

function statusIn({ data }: EventRecord): string {
  return (JSON.parse(data) as { event: string }).event;
}

function metadataFrame(data: object): ClassicFrame {
  return { event: "metadata", data: JSON.stringify(data) };
}

/** For `/openapi.json`. */
export const threadStreamRoutes: RouteTable = {
  "GET /threads/:thread_id/stream": {
    summary: "Follow all runs of a thread",
    query: z.object({ stream_mode: z.string().optional() }),
    headers: { "last-event-id": "The last event the client has; -1 for all from the start." },
    stream: "Frames of the classic protocol, run after run, until the thread is deleted.",
    errors: ["no_such_thread"],
  },
};
