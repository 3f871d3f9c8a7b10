import type { Core } from "../core/core.ts";
import type { Following } from "../core/feed.ts";
import type { Actor, EventRecord, RunRecord } from "../core/ports.ts";
import type { EventMethod } from "../protocol/events.ts";
import { heartbeatFrame, sseHeaders } from "../protocol/sse.ts";
import { type ClassicFrame, ClassicFrames, type FrameOptions } from "./classic-frames.ts";
import type { ClassicPosition } from "./classic-position.ts";
import { onAbort } from "./on-abort.ts";
import { within } from "./within.ts";

/** How often to look whether the run ended without a word, in ms; clients get a heartbeat every fifth time. */
const [lookMs, looksPerHeartbeat] = [1_000, 5];

/** Events read at once. */
const pageLength = 1_000;

const encoder = new TextEncoder();

export interface ClassicStreamOptions extends FrameOptions {
  /** Who reads it. */
  actor: Actor;
  /** Only what comes after this. */
  after: ClassicPosition;
  /** Aborts when the server stops. */
  signal: AbortSignal;
  /** Called once when the client goes before the run has ended. */
  onDisconnect?: () => void;
  /** Breaks the connection off. */
  cut?: (() => void) | undefined;
  /** Called once when everything was sent. */
  onEnd?: () => void;
  headers?: Record<string, string>;
}

/**
 * One run as classic Server-Sent Events: from `after` to its end, then `end`, then closed. When the server stops
 * before that, the connection is broken off: older clients take a clean end for the run's, and come back only after
 * a break (reference/protocol.md 2.1).
 */
export function createClassicStream(core: Core, options: ClassicStreamOptions): Response {
  const { run, thread, signal, cut, actor } = options;
  const gone = new AbortController();
  const leave = core.viewers.watch(thread.threadId, actor);
  const stop = () => {
    forget();
    gone.abort();
  };
  const forget = onAbort(signal, stop);
  const frames = toFrames(core, options, gone.signal);
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(encoder.encode(heartbeatFrame)),
      async pull(controller) {
        const { value, done } = await frames.next().catch((error: unknown) => {
          if (!gone.signal.aborted) core.report(error, { threadId: thread.threadId, runId: run.runId });
          return { value: "cut" as const, done: true };
        });
        if (done) {
          stop();
          leave();
        }
        if (value === "cut" && cut) return cut();
        if (value !== undefined && value !== "cut") controller.enqueue(encoder.encode(value));
        if (!done) return;
        controller.close();
        options.onEnd?.();
      },
      cancel() {
        stop();
        leave();
        if (!signal.aborted) options.onDisconnect?.();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers: { ...sseHeaders, ...options.headers } });
}

/** @returns `cut` when the run is not over. */
async function* toFrames(
  core: Core,
  options: ClassicStreamOptions,
  signal: AbortSignal,
): AsyncGenerator<string, "cut" | undefined> {
  const { run, thread } = options;
  const classic = new ClassicFrames(core, options);
  await passOver(core, classic, options);
  const following = { signal, wants: (method: EventMethod) => classic.shows(method) };
  for await (const batch of followRun(core, run, { after: options.after.seq, ...following })) {
    if (batch === "idle") {
      yield heartbeatFrame;
      continue;
    }
    let text = "";
    for (const event of batch) {
      const frames = await classic.of(event);
      text += toText(frames, classic.idOf(event));
    }
    if (text !== "") yield text;
  }
  if (signal.aborted) return "cut";
  const ended = await core.store.runs.find(thread.threadId, run.runId);
  // There is no place here to leave feedback at: no key has an address.
  if (run.kwargs.feedback_keys !== undefined) yield "event: feedback\ndata: {}\n\n";
  const data = JSON.stringify({ run_id: run.runId, status: ended?.status ?? run.status });
  yield `event: end\ndata: ${data}\n\n`;
  return undefined;
}

/** Only the last frame of an event has its id: who comes back gets an event whole. */
export function toText(frames: ClassicFrame[], frameId: string): string {
  return frames
    .map(({ event, data }, index) => {
      const id = index === frames.length - 1 ? `id: ${frameId}\n` : "";
      return `event: ${event}\ndata: ${data}\n${id}\n`;
    })
    .join("");
}

/** Brings the frames up to where the client stands: it may be in the middle of a message. */
export async function passOver(
  core: Core,
  classic: ClassicFrames,
  { run, after }: Pick<ClassicStreamOptions, "run" | "after">,
): Promise<void> {
  for (let cursor = 0; cursor < after.seq; ) {
    const events = await core.store.log.read(run.threadId, cursor, pageLength);
    if (events.length === 0) break;
    for (const event of events) {
      cursor = event.seq;
      if (event.seq <= after.seq && event.runId === run.runId) classic.passOver(event);
    }
  }
  classic.resume(after);
}

/**
 * The events of one run in order, until its terminal one; `idle` after a while without any. Ends too when the
 * run has ended without an event, as one that is cancelled before it started.
 */
export async function* followRun(
  core: Core,
  { threadId, runId }: RunRecord,
  { after, signal, ...how }: { after: number } & Following,
): AsyncGenerator<EventRecord[] | "idle"> {
  const done = new AbortController();
  const stop = () => done.abort();
  signal.addEventListener("abort", stop, { once: true });
  const batches = core.feed.follow(threadId, after, { ...how, signal: done.signal });
  let seen = after;
  try {
    let next: Promise<IteratorResult<EventRecord[]>> | undefined;
    for (let looks = 1; !done.signal.aborted; looks += 1) {
      next ??= batches.next();
      const result = await within(lookMs, next);
      if (result === undefined) {
        if (await hasEnded(core, threadId, runId)) {
          // Its last events may be there, and the hint of them not yet, when another process wrote them.
          if ((await core.store.log.read(threadId, seen, 1)).length === 0) return;
          core.feed.hint(threadId);
        }
        if (looks % looksPerHeartbeat === 0) yield "idle";
        continue;
      }
      next = undefined;
      if (result.done) return;
      seen = result.value.at(-1)?.seq ?? seen;
      const own = result.value.filter((event) => event.runId === runId);
      if (own.length > 0) yield own;
      if (own.some(isTerminal)) return;
      if (
        own.length === 0 &&
        (await hasEnded(core, threadId, runId)) &&
        !(await hasMore(core, threadId, result.value))
      )
        return;
    }
  } finally {
    signal.removeEventListener("abort", stop);
    done.abort();
    void batches.return(undefined);
  }
}

function isTerminal({ method, namespace, data }: EventRecord): boolean {
  if (method !== "lifecycle" || namespace.length > 0) return false;
  return (JSON.parse(data) as { event: string }).event !== "running";
}

async function hasEnded(core: Core, threadId: string, runId: string): Promise<boolean> {
  const run = await core.store.runs.find(threadId, runId);
  return run === undefined || (run.status !== "pending" && run.status !== "running");
}

async function hasMore(core: Core, threadId: string, batch: EventRecord[]): Promise<boolean> {
  return (await core.store.log.lastSeq(threadId)) > (batch.at(-1)?.seq ?? 0);
}
