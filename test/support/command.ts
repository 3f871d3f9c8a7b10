import { expect } from "vitest";

export interface Reply {
  type: "success" | "error";
  id: number | null;
  result?: Record<string, unknown>;
  error?: string;
  message?: string;
  meta?: Record<string, unknown>;
}

/** Sends one command of the thread protocol, as a client without a library would. */
export async function sendCommand(
  url: string,
  threadId: string,
  { headers = {}, ...command }: { method: string; params?: unknown; headers?: Record<string, string> },
): Promise<Reply> {
  const response = await fetch(`${url}/threads/${threadId}/commands`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ id: 1, ...command }),
  });
  return (await response.json()) as Reply;
}

export async function getJson<T = Record<string, unknown>>(
  url: string,
  headers: Record<string, string> = {},
): Promise<T> {
  return (await (await fetch(url, { headers })).json()) as T;
}

/** Everything a client can see of a thread: equal before and after means that nothing changed. */
export async function observe(url: string, threadId: string): Promise<Record<string, unknown>> {
  return {
    thread: await getJson(`${url}/threads/${threadId}`),
    state: await getJson(`${url}/threads/${threadId}/state`),
    runs: await getJson(`${url}/threads/${threadId}/runs`),
    events: (await readEvents(url, threadId)).length,
  };
}

export interface WireEvent {
  event_id: string;
  seq: number;
  method: string;
  params: { namespace: string[]; timestamp: number; node?: string; data: Record<string, unknown> };
}

export const allChannels = [
  "values",
  "updates",
  "messages",
  "tools",
  "lifecycle",
  "input",
  "checkpoints",
  "tasks",
  "custom",
];

/** Reads a thread's log from `since` up to what is there now. */
export async function readEvents(
  url: string,
  threadId: string,
  {
    channels = allChannels,
    since,
    headers = {},
  }: { channels?: string[]; since?: number; headers?: Record<string, string> } = {},
): Promise<WireEvent[]> {
  const end = await getJson<{ meta: { applied_through_seq: number } }>(`${url}/ok`).then(() =>
    sendCommand(url, threadId, { method: "state.get", params: { namespace: [] }, headers }),
  );
  const last = Number(end.meta?.applied_through_seq ?? 0);
  const events: WireEvent[] = [];
  const wantedSince = since === undefined ? {} : { since };
  await using stream = openEvents(url, threadId, { channels: allChannels, ...wantedSince }, headers);
  if (last > (since ?? 0)) {
    for await (const event of stream.events) {
      events.push(event);
      if (event.seq >= last) break;
    }
  }
  const wanted = new Set(channels);
  return events.filter(({ method }) => wanted.has(method.startsWith("input.") ? "input" : method));
}

/** Opens an event stream. Events come parsed; comments are counted. */
export function openEvents(
  url: string,
  threadId: string,
  body: Record<string, unknown>,
  headers: Record<string, string> = {},
) {
  const abort = new AbortController();
  const response = fetch(`${url}/threads/${threadId}/stream/events`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
    signal: abort.signal,
  });
  const counts = { heartbeats: 0 };
  async function* read(): AsyncGenerator<WireEvent> {
    const { body: stream } = await response;
    expect(stream).not.toBeNull();
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      const frames = text.split("\n\n");
      text = frames.pop() ?? "";
      for (const frame of frames) {
        if (frame.startsWith(":")) counts.heartbeats += 1;
        const data = frame.split("\n").find((line) => line.startsWith("data: "));
        if (data) yield JSON.parse(data.slice(6)) as WireEvent;
      }
    }
  }
  const close = () => abort.abort();
  return {
    response,
    events: read(),
    counts,
    close,
    async [Symbol.asyncDispose](): Promise<void> {
      close();
      await response.catch(() => {});
    },
  };
}

/** Waits until a thread has this status, and returns it. */
export async function waitForStatus(url: string, threadId: string, status: string): Promise<WireThread> {
  await expect
    .poll(async () => (await getJson<WireThread>(`${url}/threads/${threadId}`)).status, {
      timeout: 20_000,
      interval: 20,
    })
    .toBe(status);
  return getJson<WireThread>(`${url}/threads/${threadId}`);
}

export interface WireThread {
  thread_id: string;
  status: string;
  metadata: Record<string, unknown>;
  values: Record<string, unknown> | null;
  interrupts: Record<string, { id: string; value: Record<string, unknown> }[]>;
  error?: { error: string; message: string };
}

/** The open interrupts of a thread, as the thread itself lists them. */
export function openInterrupts(thread: WireThread): { id: string; value: Record<string, unknown> }[] {
  return Object.values(thread.interrupts).flat();
}
