import { ToolMessage } from "@langchain/core/messages";
import type { AgentContext, NodeConfig } from "./context.ts";
import { textOf } from "./model-messages.ts";

export interface ToolCall {
  id: string;
  name: string;
  args: Record<string, unknown>;
}

/**
 * Calls a tool through LangChain, so that its progress streams on the `tools` channel under the call's id.
 *
 * @param idempotencyKey - Reaches the tool as `config.configurable.countersign_call.idempotencyKey`.
 * @returns What it said, as text.
 * @throws Whatever the tool throws.
 */
export async function callTool(
  { tools }: AgentContext,
  { id, name, args }: ToolCall,
  config: NodeConfig,
  idempotencyKey?: string,
): Promise<string> {
  const tool = tools.get(name);
  if (tool === undefined) throw new Error(`There is no tool ${name} here any more. Make a new plan.`);
  const result: unknown = await tool.invoke(
    { type: "tool_call", id, name, args: structuredClone(args) },
    {
      ...config,
      configurable: { ...config.configurable, countersign_call: { idempotencyKey: idempotencyKey ?? id } },
    },
  );
  if (ToolMessage.isInstance(result)) return textOf(result);
  return typeof result === "string" ? result : JSON.stringify(result);
}
