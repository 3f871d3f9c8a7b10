import { Client } from "@langchain/langgraph-sdk";
import { titleOf } from "countersign/react";
import { words } from "../words.ts";
import { readName } from "./name.ts";
import { watchedFetch } from "./watched-fetch.ts";

/** The API is served from where the page is. */
export const apiUrl = window.location.origin;

/** A stock client that says under which name the person acts. */
export const client = new Client({
  apiUrl,
  apiKey: null,
  callerOptions: { fetch: watchedFetch },
  onRequest(_url, init) {
    const headers = new Headers(init.headers);
    for (const [key, value] of Object.entries(nameHeaders())) headers.set(key, value);
    return { ...init, headers };
  },
});

/** Under which name the person acts. */
export function nameHeaders(): Record<string, string> {
  const name = readName();
  return name === null ? {} : { "x-countersign-name": encodeURIComponent(name) };
}

/** A request that failed, with the server's words; `describeError` of countersign/react reads it. */
export class HttpError extends Error {
  readonly status: number;

  constructor(status: number, body: string) {
    super(`HTTP ${status}: ${body}`);
    this.status = status;
  }
}

/**
 * What the stock client has no method for: a GET, or a POST of this body.
 *
 * @throws HttpError
 */
export async function request<Reply>(path: string, body?: unknown, signal?: AbortSignal): Promise<Reply> {
  const response = await fetch(`${apiUrl}${path}`, {
    headers: { ...nameHeaders(), ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  });
  const text = await response.text();
  if (!response.ok) throw new HttpError(response.status, text);
  return (text === "" ? undefined : JSON.parse(text)) as Reply;
}

export interface ServerStatus {
  name: string;
  status: "ready" | "failed";
  error?: string;
  tools: string[];
}

export interface AppInfo {
  /** Null where the graphs have their models to themselves. */
  model: { label: string; provider: string; isOffline: boolean; note: string | null } | null;
  /** What the file tools may touch; null where there are none of ours. */
  workspace: string | null;
  servers: ServerStatus[];
  /** The graphs that can be talked to. */
  graphs: string[];
}

export type AppInfoResult = { type: "ready"; info: AppInfo } | { type: "login" } | { type: "unreachable" };

export async function getAppInfo(): Promise<AppInfoResult> {
  try {
    const response = await watchedFetch(`${apiUrl}/app/info`);
    if (response.status === 401) return { type: "login" };
    if (!response.ok) return { type: "unreachable" };
    return { type: "ready", info: (await response.json()) as AppInfo };
  } catch {
    return { type: "unreachable" };
  }
}

/** Logs in. Returns what went wrong in words, or null. */
export async function login(token: string): Promise<string | null> {
  try {
    const response = await fetch(`${apiUrl}/app/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token }),
    });
    if (response.ok) return null;
    const body = (await response.json()) as { message?: string };
    return body.message ?? words.login.failed;
  } catch {
    return words.login.noServer;
  }
}

export interface ThreadSummary {
  id: string;
  graphId: string | null;
  title: string;
  status: "idle" | "busy" | "interrupted" | "error";
  updatedAt: string;
  /** Why the last run failed, while `status` is `error`. */
  error: string | null;
  isArchived: boolean;
}

/** Threads in a page of the list. */
export const threadsAtOnce = 100;

/** A page of the threads, the one that changed last first. */
export async function listThreads(offset = 0): Promise<{ threads: ThreadSummary[]; hasMore: boolean }> {
  const found = await client.threads.search({
    // One more than is shown says whether there are more.
    limit: threadsAtOnce + 1,
    offset,
    sortBy: "updated_at",
    sortOrder: "desc",
    // The SDK's list of fields lacks `error`; the server knows it.
    select: ["thread_id", "metadata", "status", "updated_at", "error" as "status"],
  });
  const threads = found.slice(0, threadsAtOnce).map((thread): ThreadSummary => {
    const { thread_id, metadata, status, updated_at } = thread;
    const { error } = thread as { error?: { message?: string } };
    const { graph_id: graphId } = metadata ?? {};
    return {
      id: thread_id,
      graphId: typeof graphId === "string" ? graphId : null,
      title: titleOf(metadata),
      status,
      updatedAt: updated_at,
      error: error?.message ?? null,
      isArchived: metadata?.archived === true,
    };
  });
  return { threads, hasMore: found.length > threadsAtOnce };
}

/**
 * False for a thread that is not there, or not for this person, and for what can be no thread's id.
 *
 * @throws when the server does not say.
 */
export async function hasThread(threadId: string): Promise<boolean> {
  try {
    await request(`/threads/${encodeURIComponent(threadId)}`);
    return true;
  } catch (error) {
    if (error instanceof HttpError && (error.status === 404 || error.status === 400)) return false;
    throw error;
  }
}

export async function setTitle(threadId: string, title: string): Promise<void> {
  await client.threads.update(threadId, { metadata: { title } });
}

/** A message that waits for its turn, by the id of its run. */
export interface QueuedMessage {
  id: string;
  text: string;
}

/** True for a message that has arrived in a thread, whatever the reply to it was. */
export async function hasMessage(threadId: string, id: string): Promise<boolean> {
  const { values } = await getState(threadId);
  const messages = Array.isArray(values.messages) ? (values.messages as { id?: unknown }[]) : [];
  return messages.some((message) => message.id === id);
}

/** Has a message answered: again, under its own key, when it is not known whether the first try arrived. */
export async function startRun(given: {
  threadId: string;
  graphId: string;
  text: string;
  id: string;
  setAside?: boolean;
  /** The checkpoint to go on from; without one, from where the thread is. */
  forkFrom?: string;
}): Promise<void> {
  const { threadId, graphId, text, id, setAside = false, forkFrom } = given;
  const response = await watchedFetch(`${apiUrl}/threads/${encodeURIComponent(threadId)}/commands`, {
    method: "POST",
    headers: { ...nameHeaders(), "content-type": "application/json", "idempotency-key": id },
    body: JSON.stringify({
      id: 1,
      method: "run.start",
      params: {
        assistant_id: graphId,
        input: { messages: [{ type: "human", content: text, id }] },
        ...(setAside ? { multitask_strategy: "interrupt" } : {}),
        ...(forkFrom === undefined ? {} : { config: { configurable: { checkpoint_id: forkFrom } } }),
      },
    }),
  });
  const reply = (await response.json().catch(() => ({}))) as { type?: string; message?: string };
  if (reply.type !== "success") throw new Error(reply.message ?? `HTTP ${response.status}`);
}

/**
 * Has a message wait for its turn.
 *
 * @param id - Its own: under it, it is taken once, however often it is sent.
 */
export async function enqueueMessage(given: {
  threadId: string;
  graphId: string;
  text: string;
  id: string;
}): Promise<void> {
  const { threadId, graphId, text, id } = given;
  // The stock client has no place for the key.
  const response = await watchedFetch(`${apiUrl}/threads/${encodeURIComponent(threadId)}/runs`, {
    method: "POST",
    headers: { ...nameHeaders(), "content-type": "application/json", "idempotency-key": id },
    body: JSON.stringify({
      assistant_id: graphId,
      input: { messages: [{ type: "human", content: text, id }] },
      multitask_strategy: "enqueue",
    }),
  });
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
}

/** The messages that wait, oldest first. */
export async function listQueue(threadId: string): Promise<QueuedMessage[]> {
  const runs = await client.runs.list(threadId, { status: "pending", limit: 100 });
  return [...runs]
    .filter((run) => inputOf(run) != null) // others go on with an answer
    .sort((one, other) => Date.parse(one.created_at) - Date.parse(other.created_at))
    .map((run) => ({
      id: run.run_id,
      text: textOfInput(inputOf(run)),
    }));
}

/** The stock type lacks it. */
function inputOf(run: object): unknown {
  return (run as { kwargs?: { input?: unknown } }).kwargs?.input;
}

export async function takeBackMessage(threadId: string, id: string): Promise<void> {
  await client.runs.cancel(threadId, id, true);
}

function textOfInput(input: unknown): string {
  const { messages } = (input ?? {}) as { messages?: { content?: unknown }[] };
  const content = messages?.at(-1)?.content;
  return typeof content === "string" ? content : words.queue.noMessage;
}

export async function setArchived(threadId: string, archived: boolean): Promise<void> {
  await client.threads.update(threadId, { metadata: { archived } });
}

/** The thread as it stands: its state as JSON. */
export async function getState(threadId: string) {
  return client.threads.getState<Record<string, unknown>>(threadId);
}

/** The graph as the server draws it: nodes and edges, and those of its subgraphs when they are wanted. */
export async function getGraph(graphId: string, isInside: boolean): Promise<GraphDrawing> {
  return (await client.assistants.getGraph(graphId, { xray: isInside })) as GraphDrawing;
}

export interface GraphDrawing {
  nodes: { id: string | number; type?: string }[];
  edges: { source: string; target: string; conditional?: boolean; data?: string }[];
}

/** The run that is on, when there is one. */
export async function findRunning(threadId: string): Promise<{ id: string; stopsAfterStep: boolean } | null> {
  const [run] = await client.runs.list(threadId, { status: "running", limit: 1 });
  if (run === undefined) return null;
  const { stop_after_step: stops } = run as { stop_after_step?: boolean };
  return { id: run.run_id, stopsAfterStep: stops === true };
}

/** Has a run end where nothing new would begin: what is under way is finished. */
export async function stopAfterStep(threadId: string, runId: string): Promise<void> {
  const at = `/threads/${encodeURIComponent(threadId)}/runs/${encodeURIComponent(runId)}`;
  await request(`${at}/cancel?after=step`, {});
}

/** A message that says what was looked for. */
export interface TextHit {
  thread_id: string;
  title: string | null;
  message_id: string | null;
  type: string;
  snippet: string;
  updated_at: string;
}

/** A page of the messages that say this, newest threads first; null where the server has no such search. */
export async function searchTexts(
  query: string,
  before: string | null,
  signal: AbortSignal,
): Promise<{ hits: TextHit[]; next: string | null } | null> {
  try {
    return await request("/threads/search/text", { query, limit: 20, ...(before ? { before } : {}) }, signal);
  } catch (error) {
    if (error instanceof HttpError && (error.status === 404 || error.status === 405)) return null;
    throw error;
  }
}

export async function deleteThread(threadId: string): Promise<void> {
  await client.threads.delete(threadId);
}
