import { WebSocket } from "ws";
import type { WireEvent } from "./command.ts";

/**
 * What `langgraph_sdk` 0.4.5 for Python sends and expects on a thread, frame by frame: commands always by HTTP;
 * one watcher and one shared stream beside each other, as event streams or as one WebSocket each; after a break
 * a stream comes back behind the highest `seq` that it has seen.
 */

export type Transport = "http" | "websocket";

interface Stream {
  next(): Promise<WireEvent | undefined>;
  /** As when the network goes. */
  cut(): void;
}

type Params = Record<string, unknown>;

/** `POST …/stream/events`; ready when the headers are there, which must say that it is an event stream. */
async function openHttp(url: string, threadId: string, params: Params): Promise<Stream> {
  const control = new AbortController();
  const response = await fetch(`${url}/threads/${threadId}/stream/events`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream", "cache-control": "no-store" },
    body: JSON.stringify(params),
    signal: control.signal,
  });
  if (response.status !== 200) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
  if (!response.headers.get("content-type")?.startsWith("text/event-stream"))
    throw new Error(`Expected text/event-stream, got ${response.headers.get("content-type")}`);
  const events = readSse(response);
  return {
    next: async () => (await events.next().catch(() => ({ value: undefined }))).value ?? undefined,
    cut: () => control.abort(),
  };
}

async function* readSse(response: Response): AsyncGenerator<WireEvent> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const frames = text.split("\n\n");
    text = frames.pop() ?? "";
    for (const frame of frames) {
      const data = frame.split("\n").find((line) => line.startsWith("data: "));
      if (data !== undefined) yield JSON.parse(data.slice(6)) as WireEvent;
    }
  }
}

/** A socket for this stream alone: the first frame subscribes, with id 1; the first that comes must be its reply. */
async function openSocket(url: string, threadId: string, params: Params): Promise<Stream> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/threads/${threadId}/stream/events`);
  const frames: Record<string, unknown>[] = [];
  let isClosed = false;
  let wake = () => {};
  socket.on("message", (data) => {
    frames.push(JSON.parse(String(data)) as Record<string, unknown>);
    wake();
  });
  for (const end of ["close", "error"] as const)
    socket.on(end, () => {
      isClosed = true;
      wake();
    });
  const take = async () => {
    while (frames.length === 0 && !isClosed)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    return frames.shift();
  };
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  socket.send(JSON.stringify({ id: 1, method: "subscription.subscribe", params }));
  const reply = await take();
  if (reply?.type !== "success" || reply.id !== 1)
    throw new Error(`The subscription was not answered first, but with ${JSON.stringify(reply)}`);
  return { next: async () => (await take()) as WireEvent | undefined, cut: () => socket.terminate() };
}

const openStream = { http: openHttp, websocket: openSocket };

/** One stream over its breaks: `since` is the highest `seq` seen, and what was seen by its id is not told again. */
export async function followAsPython(
  { url, threadId, transport }: { url: string; threadId: string; transport: Transport },
  params: Params,
) {
  let since: number | undefined;
  const seen = new Set<string>();
  let isOver = false;
  const open = () =>
    openStream[transport](url, threadId, { ...params, ...(since === undefined ? {} : { since }) });
  let stream = await open();
  const told = { opened: 1, repeated: 0 };

  async function next(): Promise<WireEvent> {
    while (!isOver) {
      const event = await stream.next();
      if (event === undefined) {
        if (isOver) break;
        stream = await open();
        told.opened += 1;
        continue;
      }
      since = Math.max(since ?? 0, event.seq);
      if (seen.has(event.event_id)) told.repeated += 1;
      else {
        seen.add(event.event_id);
        return event;
      }
    }
    throw new Error("The stream was closed.");
  }

  return {
    next,
    told,
    cut: () => stream.cut(),
    close(): void {
      isOver = true;
      stream.cut();
    },
  };
}

interface Reply {
  type: string;
  result: Record<string, unknown>;
  error?: string;
  message?: string;
}

/** `client.threads.stream(...)`: what a program does with it. */
export async function openPythonThread(options: { url: string; threadId: string; transport: Transport }) {
  const { url, threadId } = options;
  let nextId = 0;

  async function command(method: string, params: Params): Promise<Record<string, unknown>> {
    nextId += 1;
    const response = await fetch(`${url}/threads/${threadId}/commands`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ id: nextId, method, params }),
    });
    if (response.status >= 400) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
    const reply = (await response.json()) as Reply;
    if (reply.type === "error") throw new Error(`Protocol error [${reply.error}]: ${reply.message}`);
    return reply.result;
  }

  /** The watcher: whether a run was seen, what is asked, and how the last run ended. */
  const interrupts: { interrupt_id: string; value: unknown; namespace: string[] }[] = [];
  let watcher: Awaited<ReturnType<typeof followAsPython>> | undefined;
  let isSeen = false;
  /** `completed` and `failed` settle the output; `interrupted` does not. */
  async function watch(until: "asked" | "settled"): Promise<void> {
    watcher ??= await followAsPython(options, { channels: ["lifecycle", "input"] });
    for (;;) {
      const { method, params } = await watcher.next();
      const { event, interrupt_id, value } = params.data as Record<string, unknown>;
      const isRoot = params.namespace.length === 0;
      if (method === "input.requested") {
        interrupts.push({ interrupt_id: String(interrupt_id), value, namespace: params.namespace });
        if (until === "asked") return;
      }
      if (method !== "lifecycle" || !isRoot) continue;
      if (event === "running" || event === "started") isSeen = true;
      if (event === "failed") throw new Error(String((params.data as Record<string, unknown>).error));
      if (event === "completed" && isSeen && until === "settled") return;
    }
  }

  return {
    command,
    interrupts,
    start: (assistantId: string, input: unknown) =>
      command("run.start", { assistant_id: assistantId, input }),
    /** Wire: `input.respond`, one answer, without update or goto. */
    respond: (interruptId: string, response: unknown, namespace: string[] = []) =>
      command("input.respond", { namespace, interrupt_id: interruptId, response }),
    asked: () => watch("asked"),
    watcher: () => watcher,
    /** The shared stream of these channels; `lifecycle` is always among them. */
    events: (channels: string[]) => followAsPython(options, { channels: [...channels, "lifecycle"] }),
    /** `thread.output`: the state, when the root has completed. */
    async output(): Promise<Record<string, unknown>> {
      const state = async () =>
        (await (await fetch(`${url}/threads/${threadId}/state`)).json()) as {
          values: Record<string, unknown>;
          next: unknown[];
          tasks: unknown[];
        };
      // The fast path: nothing is left to do.
      const now = await state();
      if (isSeen && now.next.length === 0 && now.tasks.length === 0) return now.values;
      await watch("settled");
      return (await state()).values;
    },
    [Symbol.dispose]: () => watcher?.close(),
  };
}
