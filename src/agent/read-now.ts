import { randomUUID } from "node:crypto";
import { ToolMessage } from "@langchain/core/messages";
import type { StructuredToolInterface } from "@langchain/core/tools";
import { callTool } from "./call-tool.ts";
import type { AgentContext, NodeConfig } from "./context.ts";
import { resultsBudget, shorten } from "./history.ts";
import { policyFor } from "./policy.ts";

/** A call as a model makes it. */
export interface ModelCall {
  id?: string | undefined;
  name: string;
  args: Record<string, unknown>;
}

/** What a call came to, as the model is told. */
export interface CallAnswer {
  text: string;
  isError: boolean;
}

/** The tools that only read: the ones a model may call by itself. */
export function readingTools({ specs, tools }: AgentContext): StructuredToolInterface[] {
  return specs.flatMap(({ name, risk }) => (risk === "read" ? (tools.get(name) ?? []) : []));
}

/**
 * Makes a call without a plan, when its tool only reads and no rule asks about it; `refusal` is what the model is
 * told of any other.
 */
export async function readNow(
  context: AgentContext,
  { id, name, args }: ModelCall,
  { config, refusal }: { config: NodeConfig; refusal: string },
): Promise<CallAnswer> {
  const isReading = context.specs.some((spec) => spec.name === name && spec.risk === "read");
  const { ask = "never" } = policyFor(context.policy, { tool: name, args });
  if (!isReading || ask !== "never") return { text: refusal, isError: true };
  try {
    const { text } = await callTool(context, { id: id ?? randomUUID(), name, args }, config);
    return { text: shorten(text, resultsBudget(context.maxHistoryTokens)), isError: false };
  } catch (error) {
    config.signal?.throwIfAborted();
    return { text: error instanceof Error ? error.message : String(error), isError: true };
  }
}

export function toToolMessage({ id = "", name }: ModelCall, { text, isError }: CallAnswer): ToolMessage {
  const status = isError ? { status: "error" as const } : {};
  return new ToolMessage({ id: randomUUID(), tool_call_id: id, name, content: text, ...status });
}
