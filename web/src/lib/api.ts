import { Client } from "@langchain/langgraph-sdk";
import { readName } from "./name.ts";

/** The graph this app talks to. */
export const assistantId = "agent";

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
  model: { label: string; provider: string; isOffline: boolean; note: string | null };
  workspace: string;
  servers: ServerStatus[];
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
  title: string;
  status: "idle" | "busy" | "interrupted" | "error";
  updatedAt: string;
  /** Why the last run failed, while `status` is `error`. */
  error: string | null;
}

export async function listThreads(): Promise<ThreadSummary[]> {
  const threads = await client.threads.search({
    metadata: { graph_id: assistantId },
    limit: 100,
    sortBy: "updated_at",
    sortOrder: "desc",
    // The SDK's list of fields lacks `error`; the server knows it.
    select: ["thread_id", "metadata", "status", "updated_at", "error" as "status"],
  });
  return threads.map((thread) => {
    const { thread_id, metadata, status, updated_at } = thread;
    const { error } = thread as { error?: { message?: string } };
    const title = metadata?.title;
    return {
      id: thread_id,
      title: typeof title === "string" && title !== "" ? title : "Untitled",
      status,
      updatedAt: updated_at,
      error: error?.message ?? null,
    };
  });
}

export async function setTitle(threadId: string, title: string): Promise<void> {
  await client.threads.update(threadId, { metadata: { title } });
}

export async function deleteThread(threadId: string): Promise<void> {
  await client.threads.delete(threadId);
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
