import type { Core } from "../core/core.ts";
import { followLength } from "../core/feed.ts";
import type { EventRecord } from "../core/ports.ts";
import { channelOf, type Subscription, toFilter } from "../protocol/events.ts";
import { heartbeatFrame, sseHeaders, toSseFrame } from "../protocol/sse.ts";
import type { Attendance } from "./attendance.ts";
import { onAbort } from "./on-abort.ts";
import { createUnfold } from "./unfold.ts";
import { within } from "./within.ts";

/** Clients learn this cadence and give up after about three missed ones (reference/protocol.md 2.1). */
const heartbeatMs = 5_000;

const encoder = new TextEncoder();

export interface StreamAccess {
  /** Aborts when the server stops. */
  signal: AbortSignal;
  /** Asked before each batch: a stream may be opened before its thread exists, and then belong to another. */
  mayRead: () => boolean | Promise<boolean>;
  attendance: Attendance;
}

/**
 * The event stream of a thread: its whole retained log, then what comes, until the client goes, the thread is
 * deleted or `signal` aborts. It pulls: a client that stops reading keeps its cursor and costs nothing else.
 */
export function createEventStream(
  core: Core,
  threadId: string,
  subscription: Subscription & { since?: number },
  { signal, mayRead, attendance }: StreamAccess,
): Response {
  const gone = new AbortController();
  const unfold = createUnfold(core.store.log, threadId, followLength);
  const matches = toFilter(subscription);
  const batches = core.feed.follow(threadId, subscription.since ?? 0, {
    signal: gone.signal,
    wants: (method) => subscription.channels.includes(method),
  });
  const stop = () => {
    forget();
    gone.abort();
    attendance.leave();
    void batches.return(undefined);
  };
  const forget = onAbort(signal, stop);
  let next: Promise<IteratorResult<EventRecord[]>> | undefined;

  async function pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    while (true) {
      next ??= batches.next();
      const result = await within(heartbeatMs, next);
      if (result === undefined) {
        controller.enqueue(encoder.encode(heartbeatFrame));
        return;
      }
      next = undefined;
      if (result.done || !(await mayRead())) {
        stop();
        return controller.close();
      }
      attendance.come();
      const wanted = (await unfold(result.value)).filter((event) =>
        matches(channelOf(event.method, event.customName), event.namespace),
      );
      if (wanted.length === 0) continue;
      controller.enqueue(await toBytes(core, threadId, wanted));
      return;
    }
  }

  const body = new ReadableStream<Uint8Array>(
    {
      // Headers go out with the first bytes; clients wait for them before they count as connected.
      start: (controller) => controller.enqueue(encoder.encode(heartbeatFrame)),
      pull: (controller) =>
        pull(controller).catch((error: unknown) => {
          if (gone.signal.aborted) return;
          core.report(error, { threadId, during: "event stream" });
          stop();
          controller.close();
        }),
      cancel: stop,
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers: sseHeaders });
}

/**
 * Bytes of events, by the first of them, for one turn of the event loop: followers who keep up with a thread are woken
 * together, and sent the same.
 */
const sent = new WeakMap<EventRecord, { events: EventRecord[]; bytes: Promise<Uint8Array> }>();

function toBytes(core: Core, threadId: string, events: EventRecord[]): Promise<Uint8Array> {
  const [first] = events;
  const known = first && sent.get(first);
  const isSame =
    known?.events.length === events.length && known.events.every((one, at) => one === events[at]);
  if (isSame) return known.bytes;
  const bytes = Promise.all(events.map((event) => toFrame(core, threadId, event))).then((frames) =>
    encoder.encode(frames.join("")),
  );
  if (first) {
    sent.set(first, { events, bytes });
    setImmediate(() => sent.delete(first));
  }
  return bytes;
}

/** Texts by event: followers of one thread share them. */
const texts = new WeakMap<EventRecord, string>();

async function toFrame(core: Core, threadId: string, event: EventRecord): Promise<string> {
  return toSseFrame(event.method, await toEventText(core, threadId, event), toEventId(event));
}

/** An event as JSON text of the wire. */
export async function toEventText(core: Core, threadId: string, event: EventRecord): Promise<string> {
  const known = texts.get(event);
  if (known !== undefined) return known;
  const id = toEventId(event);
  const node = event.node === undefined ? "" : `"node":${JSON.stringify(event.node)},`;
  const params = `{"namespace":${JSON.stringify(event.namespace)},"timestamp":${event.at},${node}"data":${await core.states.render(threadId, event)}}`;
  const text = `{"type":"event","event_id":${JSON.stringify(id)},"seq":${event.seq},"method":"${event.method}","params":${params}}`;
  texts.set(event, text);
  return text;
}

/**
 * Unique on the thread for ever, as `seq` is. A root lifecycle's id carries its run, which clients read
 * from `synth:<run_id>:…` (reference/protocol.md 3.3).
 */
function toEventId({ method, namespace, runId, seq }: EventRecord): string {
  const isRootLifecycle = method === "lifecycle" && namespace.length === 0;
  return isRootLifecycle ? `synth:${runId}:${seq}` : `${runId ?? "thread"}:${seq}`;
}
