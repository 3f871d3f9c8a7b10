import type { BaseMessage } from "@langchain/core/messages";
import type { ClarificationRecord, PlanRecord } from "countersign/agent";

/** What the chat shows, in order. Derived from the messages alone, so that a reload shows the same. */
export type TimelineItem =
  | { type: "person"; id: string; text: string }
  | { type: "agent"; id: string; text: string }
  | { type: "reading"; id: string; calls: ReadCall[] }
  | { type: "plan"; id: string; callId: string; title: string; record: PlanRecord | null }
  | { type: "correction"; id: string; issues: string }
  /** A question that was answered; an open one has a card of its own. */
  | { type: "clarification"; id: string; record: ClarificationRecord };

export interface ReadCall {
  id: string;
  tool: string;
  args: Record<string, unknown>;
  result: string | null;
  isError: boolean;
}

const proposePlan = "propose_plan";
const askPerson = "ask_person";

interface ToolCall {
  id?: string;
  name: string;
  args: Record<string, unknown>;
}

interface ToolResult {
  text: string;
  isError: boolean;
  artifact: unknown;
}

export function toTimeline(messages: readonly BaseMessage[]): TimelineItem[] {
  const results = new Map<string, ToolResult>();
  for (const message of messages) {
    if (message.type !== "tool") continue;
    const { tool_call_id, status, artifact } = message as BaseMessage & {
      tool_call_id: string;
      status?: string;
      artifact?: unknown;
    };
    results.set(tool_call_id, { text: textOf(message), isError: status === "error", artifact });
  }
  const items: TimelineItem[] = [];
  for (const [index, message] of messages.entries()) {
    const id = message.id ?? String(index);
    const text = textOf(message).trim();
    if (message.type === "human") items.push({ type: "person", id, text });
    if (message.type !== "ai") continue;
    if (text !== "") items.push({ type: "agent", id, text });
    items.push(
      ...fromCalls(id, (message as BaseMessage & { tool_calls?: ToolCall[] }).tool_calls ?? [], results),
    );
  }
  return items;
}

function fromCalls(messageId: string, calls: ToolCall[], results: Map<string, ToolResult>): TimelineItem[] {
  const items: TimelineItem[] = [];
  const reads = calls.filter(({ name }) => ![proposePlan, askPerson, ""].includes(name));
  if (reads.length > 0) {
    const shown = reads.map(({ id = "", name, args }): ReadCall => {
      const result = results.get(id);
      return { id, tool: name, args, result: result?.text ?? null, isError: result?.isError ?? false };
    });
    items.push({ type: "reading", id: `${messageId}:reading`, calls: shown });
  }
  for (const { id: callId = "", name, args } of calls) {
    const result = results.get(callId);
    if (name === askPerson && isClarification(result?.artifact)) {
      items.push({ type: "clarification", id: `${messageId}:${callId}`, record: result.artifact });
    }
    if (name !== proposePlan) continue;
    const record = asRecord(result?.artifact);
    const issues = result && record === null ? readIssues(result.text) : null;
    const title = typeof args.title === "string" ? args.title : "";
    if (issues === null) items.push({ type: "plan", id: `${messageId}:${callId}`, callId, title, record });
    else items.push({ type: "correction", id: `${messageId}:${callId}`, issues });
  }
  return items;
}

function asRecord(artifact: unknown): PlanRecord | null {
  if (typeof artifact !== "object" || artifact === null || !("plan" in artifact)) return null;
  return artifact as PlanRecord;
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

/** The text of a message, whatever the shape of its content. */
export function textOf(message: BaseMessage): string {
  if (typeof message.content === "string") return message.content;
  return message.content
    .map((block) => ("text" in block && typeof block.text === "string" ? block.text : ""))
    .join("");
}
