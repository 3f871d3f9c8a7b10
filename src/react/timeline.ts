import type { BaseMessage } from "@langchain/core/messages";
import type { ClarificationRecord, PlanRecord } from "countersign/agent";
import { isRecord, type JsonRecord } from "./json.ts";
import type { Media } from "./media.ts";
import { type MessageParts, type ProviderCall, toParts } from "./message-parts.ts";
import type { Source } from "./sources.ts";

/** What a message may hold besides its text; what it does not hold is left out. */
export interface MessageExtras {
  /** Who says it, where a graph has several agents or a thread several people. */
  name?: string;
  media?: Media[];
  sources?: Source[];
  /** Blocks of a shape that nobody here knows. */
  others?: JsonRecord[];
}

/** What the chat shows, in order. Derived from the messages alone, so that a reload shows the same. */
export type TimelineItem = ItemKinds & {
  /** Ids of the messages that it was made of, where these are not its own id. */
  holds?: string[];
};

type ItemKinds =
  /** `about`: it is a question about the plan of this digest, which stays in hand, or its answer. */
  | ({ type: "person"; id: string; text: string; about?: string } & MessageExtras)
  | ({ type: "agent"; id: string; text: string; about?: string } & MessageExtras)
  /** What a model thought before it spoke; `isOver` once something else came of it. */
  | { type: "thinking"; id: string; name?: string; text: string; isOver: boolean }
  /** What the model, or the agent, was told beforehand, by role. */
  | { type: "note"; id: string; role: string; text: string }
  | { type: "reading"; id: string; name?: string; calls: ReadCall[] }
  | { type: "plan"; id: string; callId: string; title: string; record: PlanRecord | null }
  | { type: "correction"; id: string; issues: string }
  /** A question that was answered; an open one has a card of its own. */
  | { type: "clarification"; id: string; record: ClarificationRecord };

export interface ReadCall {
  id: string;
  tool: string;
  args: Record<string, unknown>;
  /** Null while it has not come back. */
  result: string | null;
  isError: boolean;
  media?: Media[];
  /** What the tool hands on besides its words. */
  artifact?: unknown;
}

const proposePlan = "propose_plan";
const askPerson = "ask_person";

interface ToolCall {
  id?: string;
  name: string;
  args: Record<string, unknown>;
}

interface ToolResult {
  /** Of the message. */
  id: string;
  name: string;
  text: string;
  isError: boolean;
  media: Media[];
  artifact: unknown;
}

type AnyMessage = BaseMessage & {
  tool_calls?: ToolCall[];
  invalid_tool_calls?: { id?: string; name?: string; args?: string; error?: string }[];
  tool_call_id?: string;
  status?: string;
  artifact?: unknown;
  role?: string;
};

export function toTimeline(messages: readonly BaseMessage[]): TimelineItem[] {
  const all = messages as readonly AnyMessage[];
  const results = new Map<string, ToolResult>();
  const called = new Set<string>();
  for (const message of all) {
    for (const { id } of message.tool_calls ?? []) if (id) called.add(id);
    if (message.type === "tool") results.set(message.tool_call_id ?? "", toResult(message));
  }
  let asked: { about?: string } = {};
  return all.flatMap((message, index): TimelineItem[] => {
    const id = message.id ?? String(index);
    if (message.type === "tool") {
      // The decision, which ends the questions about a plan.
      if (message.name === proposePlan) asked = {};
      const callId = message.tool_call_id ?? "";
      return called.has(callId) ? [] : [fromLooseResult(id, callId, toResult(message))];
    }
    const parts = toParts(message);
    const isOver = index < all.length - 1;
    if (message.type === "human") {
      asked = toAbout(id);
      return [{ ...fromSaid("person", id, message, parts), ...asked }];
    }
    const about = mayAnswer(message) ? asked : {};
    if (message.type === "ai") return fromAgent(id, message, parts, { results, isOver, about });
    if (message.type === "remove") return [];
    const text = parts.text.trim();
    return text === "" ? [] : [{ type: "note", id, role: message.role ?? message.type, text }];
  });
}

/** The plan that a question is about. Its id says so, since that alone is the same in every stream and state. */
function toAbout(id: string): { about?: string } {
  const [, about] = /^about-plan:([^:]+):/.exec(id) ?? [];
  return about === undefined ? {} : { about };
}

/** False when it is known that another node said it, as it is of what is being streamed. */
function mayAnswer({ additional_kwargs: { namespace } = {} }: BaseMessage): boolean {
  return !Array.isArray(namespace) || String(namespace[0]).startsWith("answer_question:");
}

function toResult(message: AnyMessage): ToolResult {
  const { text, media } = toParts(message);
  const { id = "", status, artifact, name = "" } = message;
  return { id, name, text, media, isError: status === "error", artifact };
}

interface Around {
  results: Map<string, ToolResult>;
  /** Something comes after it. */
  isOver: boolean;
  about: { about?: string };
}

function fromAgent(
  id: string,
  message: AnyMessage,
  parts: MessageParts,
  { results, isOver, about }: Around,
): TimelineItem[] {
  const items: TimelineItem[] = [];
  const { tool_calls: calls = [], invalid_tool_calls: invalid = [] } = message;
  const said = fromSaid("agent", id, message, parts);
  const isSaid = said.text !== "" || said.media !== undefined || said.others !== undefined;
  const named = { holds: [id], ...(said.name === undefined ? {} : { name: said.name }) };
  if (parts.reasoning !== null) {
    const isDone = isOver || isSaid || calls.length > 0;
    items.push({ type: "thinking", id: `${id}:thinking`, ...named, text: parts.reasoning, isOver: isDone });
  }
  if (parts.calls.length > 0) {
    items.push({ type: "reading", id: `${id}:provider`, ...named, calls: parts.calls.map(fromProvider) });
  }
  if (isSaid) items.push({ ...said, ...about });
  items.push(...fromCalls(id, calls, results, named));
  if (invalid.length > 0) {
    const shown = invalid.map(({ id: callId = "", name = "", args = "", error }): ReadCall => {
      const result = results.get(callId)?.text ?? error ?? args;
      return { id: callId, tool: name, args: error ? { arguments: args } : {}, result, isError: true };
    });
    items.push({ type: "reading", id: `${id}:invalid`, ...named, calls: shown });
  }
  return items;
}

function fromSaid<Type extends "person" | "agent">(
  type: Type,
  id: string,
  { name }: AnyMessage,
  { text, media, sources, others }: MessageParts,
): { type: Type; id: string; text: string } & MessageExtras {
  return {
    type,
    id,
    text: text.trim(),
    ...(name ? { name } : {}),
    ...(media.length > 0 ? { media } : {}),
    ...(sources.length > 0 ? { sources } : {}),
    ...(others.length > 0 ? { others } : {}),
  };
}

function fromProvider({ id, name, args, result, isError }: ProviderCall): ReadCall {
  const text = typeof result === "string" ? result : result == null ? null : JSON.stringify(result);
  return { id, tool: name, args, result: text, isError };
}

/** A result whose call is not in the thread any more. */
function fromLooseResult(id: string, callId: string, result: ToolResult): TimelineItem {
  return { type: "reading", id, calls: [toRead({ id: callId, name: result.name, args: {} }, result)] };
}

function toRead({ id = "", name, args }: ToolCall, result: ToolResult | undefined): ReadCall {
  return {
    id,
    tool: name,
    args,
    result: result?.text ?? null,
    isError: result?.isError ?? false,
    ...(result && result.media.length > 0 ? { media: result.media } : {}),
    ...(result?.artifact == null ? {} : { artifact: result.artifact }),
  };
}

function fromCalls(
  messageId: string,
  calls: ToolCall[],
  results: Map<string, ToolResult>,
  named: { name?: string; holds: string[] },
): TimelineItem[] {
  const items: TimelineItem[] = [];
  const held = (some: { id?: string }[]) => [
    messageId,
    ...some.flatMap(({ id = "" }) => results.get(id)?.id ?? []),
  ];
  const reads = calls.filter(({ name }) => ![proposePlan, askPerson, ""].includes(name));
  if (reads.length > 0) {
    const shown = reads.map((call) => toRead(call, results.get(call.id ?? "")));
    items.push({ type: "reading", id: `${messageId}:reading`, ...named, calls: shown, holds: held(reads) });
  }
  for (const { id: callId = "", name, args } of calls) {
    const result = results.get(callId);
    const holds = held([{ id: callId }]);
    if (name === askPerson && isClarification(result?.artifact)) {
      items.push({ type: "clarification", id: `${messageId}:${callId}`, record: result.artifact, holds });
    }
    if (name !== proposePlan) continue;
    const record = asRecord(result?.artifact);
    const issues = result && record === null ? readIssues(result.text) : null;
    const title = typeof args.title === "string" ? args.title : "";
    if (issues === null)
      items.push({ type: "plan", id: `${messageId}:${callId}`, callId, title, record, holds });
    else items.push({ type: "correction", id: `${messageId}:${callId}`, issues, holds });
  }
  return items;
}

function asRecord(artifact: unknown): PlanRecord | null {
  return isRecord(artifact) && "plan" in artifact ? (artifact as unknown as PlanRecord) : null;
}

function isClarification(artifact: unknown): artifact is ClarificationRecord {
  return typeof artifact === "object" && artifact !== null && "question" in artifact && "answer" in artifact;
}

function readIssues(text: string): string | null {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === "string" ? error : null;
  } catch {
    return null;
  }
}
