import { AIMessage, type BaseMessage, ToolMessage } from "@langchain/core/messages";
import type { ToolSpec } from "../tools/index.ts";
import { sinceRequest } from "./about-plan.ts";

/** A read-only call that a plan rests on; what it returned is the `ToolMessage` of that call. */
export interface Evidence {
  callId: string;
  tool: string;
  args: Record<string, unknown>;
}

/** What was read to plan the newest request, oldest first; of the same call made twice, the later one. */
export function evidenceOf(messages: readonly BaseMessage[], specs: readonly ToolSpec[]): Evidence[] {
  const since = sinceRequest(messages);
  const read = new Set(
    since.flatMap((message) =>
      ToolMessage.isInstance(message) && message.status !== "error" ? [message.tool_call_id] : [],
    ),
  );
  const reading = new Set(specs.flatMap(({ name, risk }) => (risk === "read" ? [name] : [])));
  const found = new Map<string, Evidence>();
  for (const message of since) {
    if (!AIMessage.isInstance(message)) continue;
    for (const { id: callId = "", name: tool, args } of message.tool_calls ?? []) {
      if (!reading.has(tool) || !read.has(callId)) continue;
      const key = JSON.stringify([tool, args]);
      found.delete(key);
      found.set(key, { callId, tool, args });
    }
  }
  return [...found.values()];
}
