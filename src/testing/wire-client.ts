import { setTimeout as wait } from "node:timers/promises";
import type { WireRun, WireThread, WireThreadState } from "../protocol/shapes.ts";

/** A client without a library: what the harness sees is what went over the wire. */

export interface CommandReply {
  type: "success" | "error";
  result?: { run_id?: string };
  error?: string;
  message?: string;
  meta?: Record<string, unknown> & {
    code?: string;
    repeated?: boolean;
    applied_through_seq?: number;
    winner?: { answered_by: string };
    open_ids?: string[];
  };
}

export interface CommandOptions {
  method: string;
  params?: Record<string, unknown>;
  /** The display name it is sent under. */
  actor?: string;
  idempotencyKey?: string;
}

export interface WireEvent {
  event_id: string;
  seq: number;
  method: string;
  params: { namespace: string[]; timestamp: number; node?: string; data: Record<string, unknown> };
}

/** The server is not there, or says that it cannot just now: nothing is known of what was asked. */
export class UnreachableError extends Error {
  constructor(cause: unknown) {
    super(`No answer: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = "UnreachableError";
  }
}

/** One command of the thread protocol. @throws {@link UnreachableError} */
export async function sendCommand(
  url: string,
  threadId: string,
  { method, params = {}, actor, idempotencyKey }: CommandOptions,
): Promise<CommandReply> {
  const response = await request(`${url}/threads/${encodeURIComponent(threadId)}/commands`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(actor === undefined ? {} : { "x-countersign-name": encodeURIComponent(actor) }),
      ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
    },
    body: JSON.stringify({ id: 1, method, params }),
  });
  const reply = (await bodyOf(response)) as CommandReply;
  return reply.type === undefined ? { ...reply, type: "error" } : reply;
}

/** Takes an answer back. Undefined when it stays. @throws {@link UnreachableError} */
export async function undoAnswer(
  url: string,
  threadId: string,
  { interruptId, actor }: { interruptId: string; actor: string },
): Promise<string | undefined> {
  const path = `/threads/${encodeURIComponent(threadId)}/interrupts/${encodeURIComponent(interruptId)}/undo`;
  const headers = { "x-countersign-name": encodeURIComponent(actor) };
  const response = await request(`${url}${path}`, { method: "POST", headers });
  const body = (await bodyOf(response)) as { interrupt_id?: string; error?: string };
  if (response.ok || body.error === "too_late")
    return body.interrupt_id && response.ok ? body.interrupt_id : undefined;
  throw new Error(`undo of ${interruptId}: ${response.status} ${JSON.stringify(body)}`);
}

export const getThread = (url: string, threadId: string) => get<WireThread>(url, threadId, "");
export const getState = (url: string, threadId: string) =>
  get<WireThreadState>(url, threadId, "/state?subgraphs=true");
export const listRuns = (url: string, threadId: string) => get<WireRun[]>(url, threadId, "/runs?limit=1000");

async function get<T>(url: string, threadId: string, path: string): Promise<T | undefined> {
  const response = await request(`${url}/threads/${encodeURIComponent(threadId)}${path}`, {});
  const body = await bodyOf(response);
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`GET ${path} of ${threadId}: ${response.status} ${JSON.stringify(body)}`);
  return body as T;
}

async function request(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init).catch((error: unknown) => {
    throw new UnreachableError((error as Error).cause ?? error);
  });
  if (response.status === 503) throw new UnreachableError(await response.text().catch(String));
  return response;
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text().catch((error: unknown) => {
    throw new UnreachableError(error);
  });
  return JSON.parse(text);
}

const channels = [
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

/** The events of a thread with a seq above `since`: those there are, then those that come, until aborted. */
export async function* followEvents(
  url: string,
  threadId: string,
  { since = 0, signal }: { since?: number; signal: AbortSignal },
): AsyncGenerator<WireEvent> {
  const response = await request(`${url}/threads/${encodeURIComponent(threadId)}/stream/events`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ channels, since }),
    signal,
  });
  if (!response.ok || response.body === null) throw new UnreachableError(`stream: ${response.status}`);
  const decoder = new TextDecoder();
  let text = "";
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

/** The last seq given on a thread. */
export async function lastSeq(url: string, threadId: string): Promise<number> {
  const reply = await sendCommand(url, threadId, { method: "state.get", params: { namespace: [] } });
  return reply.meta?.applied_through_seq ?? 0;
}

/** What the log of a quiet thread holds above `since`. @throws Error when it does not come to its last seq. */
export async function readLog(url: string, threadId: string, since = 0): Promise<WireEvent[]> {
  const last = await lastSeq(url, threadId);
  const events: WireEvent[] = [];
  if (last <= since) return events;
  const signal = AbortSignal.timeout(20_000);
  try {
    for await (const event of followEvents(url, threadId, { since, signal })) {
      events.push(event);
      if (event.seq >= last) return events;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  throw new Error(`The log of ${threadId} ended at ${events.at(-1)?.seq ?? since} of ${last}.`);
}

/** Tries again until the server answers; what is asked must be safe to ask twice. */
export async function insist<T>(ask: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  while (true) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      signal?.throwIfAborted();
      await wait(5);
    }
  }
}
