import { Client } from "@langchain/langgraph-sdk";
import { isRecord } from "../conversation/json.ts";
import type { OpenInterrupt, QuestionDetails } from "../conversation/questions.ts";
import { readName } from "./name.ts";

/** The API is served from where the page is. */
export const apiUrl = window.location.origin;

/** A stock client that says under which name the person acts. */
export const client = new Client({
  apiUrl,
  apiKey: null,
  onRequest(_url, init) {
    const name = readName();
    if (name === null) return init;
    const headers = new Headers(init.headers);
    headers.set("x-countersign-name", encodeURIComponent(name));
    return { ...init, headers };
  },
});

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
    const response = await fetch(`${apiUrl}/app/info`);
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
    return body.message ?? "Could not log in. Try again.";
  } catch {
    return "The server did not answer. Try again in a moment.";
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

export async function listThreads(): Promise<ThreadSummary[]> {
  const threads = await client.threads.search({
    limit: 100,
    sortBy: "updated_at",
    sortOrder: "desc",
    // The SDK's list of fields lacks `error`; the server knows it.
    select: ["thread_id", "metadata", "status", "updated_at", "error" as "status"],
  });
  return threads.map((thread) => {
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
}

function titleOf(metadata: Record<string, unknown> | null | undefined): string {
  const title = metadata?.title;
  return typeof title === "string" && title !== "" ? title : "Untitled";
}

export async function setTitle(threadId: string, title: string): Promise<void> {
  await client.threads.update(threadId, { metadata: { title } });
}

/** A message that waits for its turn, by the id of its run. */
export interface QueuedMessage {
  id: string;
  text: string;
}

export async function enqueueMessage(threadId: string, graphId: string, text: string): Promise<void> {
  const message = { type: "human", content: text, id: crypto.randomUUID() };
  await client.runs.create(threadId, graphId, {
    input: { messages: [message] },
    multitaskStrategy: "enqueue",
  });
}

/** The messages that wait, oldest first. */
export async function listQueue(threadId: string): Promise<QueuedMessage[]> {
  const runs = await client.runs.list(threadId, { status: "pending", limit: 100 });
  return [...runs]
    .sort((one, other) => Date.parse(one.created_at) - Date.parse(other.created_at))
    .map((run) => ({
      id: run.run_id,
      text: textOfInput((run as { kwargs?: { input?: unknown } }).kwargs?.input),
    }));
}

export async function takeBackMessage(threadId: string, id: string): Promise<void> {
  await client.runs.cancel(threadId, id, true);
}

function textOfInput(input: unknown): string {
  const { messages } = (input ?? {}) as { messages?: { content?: unknown }[] };
  const content = messages?.at(-1)?.content;
  return typeof content === "string" ? content : "Something that is not a message";
}

export async function setArchived(threadId: string, archived: boolean): Promise<void> {
  await client.threads.update(threadId, { metadata: { archived } });
}

/** The thread as it stands: its state as JSON. */
export async function getState(threadId: string) {
  return client.threads.getState<Record<string, unknown>>(threadId);
}

/** Checkpoints of a thread, newest first. */
export async function getHistory(threadId: string, before?: { checkpointId: string }) {
  const options = {
    limit: 30,
    ...(before ? { before: { configurable: { checkpoint_id: before.checkpointId } } } : {}),
  };
  return client.threads.getHistory<Record<string, unknown>>(threadId, options as never);
}

/** The graph as the server draws it: nodes and edges. */
export async function getGraph(graphId: string): Promise<GraphDrawing> {
  return (await client.assistants.getGraph(graphId)) as GraphDrawing;
}

export interface GraphDrawing {
  nodes: { id: string | number; type?: string }[];
  edges: { source: string; target: string; conditional?: boolean; data?: string }[];
}

export async function deleteThread(threadId: string): Promise<void> {
  await client.threads.delete(threadId);
}

/** An open question, wherever it is. */
export interface InboxItem extends OpenInterrupt {
  threadId: string;
  graphId: string;
  details: QuestionDetails;
}

interface WireItem {
  id: string;
  thread_id: string;
  graph_id: string;
  value: unknown;
  response_schema?: unknown;
  opened_at: string;
  assignees: string[] | null;
  expires_at: string | null;
  on_expiry: QuestionDetails["onExpiry"];
}

/** The open questions of one thread, or of all that the person may see, newest first; at most so many. */
export async function listOpenQuestions({
  threadId,
  limit = 1000,
}: {
  threadId?: string;
  limit?: number;
} = {}): Promise<InboxItem[]> {
  const page = await post<{ interrupts: WireItem[] }>("/interrupts/search", {
    limit,
    ...(threadId === undefined ? {} : { thread_id: threadId }),
  });
  return page.interrupts.map((item) => ({
    threadId: item.thread_id,
    graphId: item.graph_id,
    interruptId: item.id,
    value: item.value,
    details: {
      schema: isRecord(item.response_schema) ? item.response_schema : null,
      assignees: item.assignees ?? [],
      openedAt: item.opened_at,
      expiresAt: item.expires_at,
      onExpiry: item.on_expiry,
    },
  }));
}

/** What these threads are called, by id. */
export async function listTitles(threadIds: string[]): Promise<Map<string, string>> {
  if (threadIds.length === 0) return new Map();
  const threads = await client.threads.search({
    ids: threadIds,
    limit: threadIds.length,
    select: ["thread_id", "metadata"],
  });
  return new Map(threads.map(({ thread_id, metadata }) => [thread_id, titleOf(metadata)]));
}

interface GivenAnswer {
  threadId: string;
  interruptId: string;
  answer: unknown;
}

/** Answers a question of a thread that is not open on the page. @throws what {@link describeRefusal} reads */
export async function answerQuestion({ threadId, interruptId, answer }: GivenAnswer): Promise<void> {
  const reply = await post<{ type: string; error?: string; message?: string }>(
    `/threads/${encodeURIComponent(threadId)}/commands`,
    {
      id: 1,
      method: "input.respond",
      params: { namespace: [], interrupt_id: interruptId, response: answer },
    },
  );
  if (reply.type === "success") return;
  throw Object.assign(new Error(reply.message ?? "The answer was not taken."), {
    code: reply.error,
    response: reply,
  });
}

/** As the client above sends it. @throws an error with the server's words */
async function post<Reply>(path: string, body: unknown): Promise<Reply> {
  const headers = new Headers({ "content-type": "application/json" });
  const name = readName();
  if (name !== null) headers.set("x-countersign-name", encodeURIComponent(name));
  const response = await fetch(`${apiUrl}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  if (response.ok) return (await response.json()) as Reply;
  throw new Error(`HTTP ${response.status}: ${await response.text()}`);
}

/** An error in words for a person. */
export function describeError(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (/Failed to fetch|Unable to connect to LangGraph server/.test(message)) {
    return "The server did not answer. Try again in a moment.";
  }
  const body = message.match(/^HTTP \d+: (\{.*\})$/s)?.[1];
  if (body === undefined) return message.replace(/^Protocol error \[\w+\]: /, "");
  try {
    return (JSON.parse(body) as { message?: string }).message ?? message;
  } catch {
    return message;
  }
}

interface RefusedCommand {
  code?: string;
  response?: { meta?: { winner?: { answered_by?: string } } };
}

/** True for an answer that the server did not take: no failure of the run. */
export function isRefusal(error: unknown): boolean {
  const { code, response } = (error ?? {}) as RefusedCommand;
  return code === "no_such_interrupt" || (code === "invalid_argument" && response !== undefined);
}

/** Why an answer was not taken, for the person who gave it. */
export function describeRefusal(error: unknown): string {
  const winner = ((error ?? {}) as RefusedCommand).response?.meta?.winner?.answered_by;
  if (winner === undefined) return describeError(error);
  return `${winner.replace(/^local:/, "")} was first: your answer did not count.`;
}
