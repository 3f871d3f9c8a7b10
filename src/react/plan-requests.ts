import type { PlanStep } from "countersign/agent";
import { isRecord, type JsonRecord, stringsOf, textOf } from "./json.ts";
import { riskOf } from "./risks.ts";

/** A tool that plans of a graph may use. */
export interface ToolInfo {
  name: string;
  description: string;
  /** Null where the server does not say. */
  risk: PlanStep["risk"] | null;
  /** Running it twice is as good as once. */
  isIdempotent: boolean;
  /** JSON Schema of its arguments. */
  schema: JsonRecord | null;
  /** Arguments that may be decided while a plan runs. */
  contentArguments: string[];
}

/** Somebody who has a thread open. */
export interface Viewer {
  /** The actor's id, such as `local:Ana`. */
  id: string;
  isVerified: boolean;
}

/** "Always allow …": calls that are not asked about at the moment they are made. */
export interface AllowRule {
  namespace: string[];
  key: string;
  tool: string;
  /** Patterns of arguments; `*` stands for any run of characters. */
  args: Record<string, string>;
  scope: "thread" | "actor" | "server";
  /** ISO 8601; null: until it is taken back. */
  expiresAt: string | null;
  /** The id of who gave it. */
  by: string | null;
}

/** What a plan's card asks the server. What an older server cannot answer is empty, or null. */
export interface PlanRequests {
  /** The tools of the graph that the thread is of. */
  listTools(threadId: string): Promise<ToolInfo[]>;
  /** Who has the thread open, oldest first; null where the server does not say. */
  listViewers(threadId: string): Promise<Viewer[] | null>;
  /**
   * Takes an approval back of which nothing has begun; the question is open again, under another id.
   *
   * @throws Error with why it is too late, in words.
   */
  undoAnswer(given: { threadId: string; interruptId: string }): Promise<void>;
  /** The rules that the caller may see. */
  listAllowRules(): Promise<AllowRule[]>;
  revokeAllowRule(rule: Pick<AllowRule, "namespace" | "key">): Promise<void>;
}

/** Sends a request to a path of the server, with JSON. */
export type Send = (method: "GET" | "POST" | "DELETE", path: string, body?: unknown) => Promise<Response>;

export function createPlanRequests(send: Send): PlanRequests {
  const thread = (id: string) => `/threads/${encodeURIComponent(id)}`;
  return {
    async listTools(threadId) {
      const found = await read(await send("GET", thread(threadId)));
      const graph = isRecord(found) && isRecord(found.metadata) ? textOf(found.metadata.graph_id) : null;
      if (graph === null) return [];
      const response = await send("GET", `/assistants/${encodeURIComponent(graph)}/tools`);
      if (response.status === 404) return [];
      const told = await read(response);
      return isRecord(told) && Array.isArray(told.tools) ? told.tools.flatMap(toTool) : [];
    },
    async listViewers(threadId) {
      const response = await send("GET", `${thread(threadId)}/viewers`);
      if (response.status === 404) return null;
      const told = await read(response);
      const viewers = isRecord(told) && Array.isArray(told.viewers) ? told.viewers : [];
      return viewers.flatMap((viewer) => {
        const id = isRecord(viewer) ? textOf(viewer.id) : null;
        return id === null ? [] : [{ id, isVerified: viewer.verified === true }];
      });
    },
    async undoAnswer({ threadId, interruptId }) {
      const path = `${thread(threadId)}/interrupts/${encodeURIComponent(interruptId)}/undo`;
      await read(await send("POST", path, {}));
    },
    async listAllowRules() {
      const body = { namespace_prefix: ["countersign", "allow"], limit: 1000 };
      const told = await read(await send("POST", "/store/items/search", body));
      return isRecord(told) && Array.isArray(told.items) ? told.items.flatMap(toRule) : [];
    },
    async revokeAllowRule({ namespace, key }) {
      await read(await send("DELETE", "/store/items", { namespace, key }));
    },
  };
}

/** @throws Error in the form that `describeError` reads */
async function read(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${text}`);
  return text === "" ? null : JSON.parse(text);
}

function toTool(value: unknown): ToolInfo[] {
  const name = isRecord(value) ? textOf(value.name) : null;
  if (!isRecord(value) || name === null) return [];
  const { description, risk, idempotent, input_schema, content_arguments } = value;
  return [
    {
      name,
      description: textOf(description) ?? "",
      risk: riskOf(risk),
      isIdempotent: idempotent === true,
      schema: isRecord(input_schema) ? input_schema : null,
      contentArguments: stringsOf(content_arguments),
    },
  ];
}

function toRule(item: unknown): AllowRule[] {
  if (!isRecord(item) || !isRecord(item.value)) return [];
  const { tool, args, scope, expires_at, by } = item.value;
  const [name, key] = [textOf(tool), textOf(item.key)];
  if (name === null || key === null) return [];
  if (scope !== "thread" && scope !== "actor" && scope !== "server") return [];
  const patterns = Object.entries(isRecord(args) ? args : {}).map(([one, pattern]) => [one, String(pattern)]);
  return [
    {
      namespace: stringsOf(item.namespace),
      key,
      tool: name,
      args: Object.fromEntries(patterns),
      scope,
      expiresAt: textOf(expires_at),
      by: isRecord(by) ? textOf(by.id) : null,
    },
  ];
}
