import { ToolMessage } from "@langchain/core/messages";
import type { AgentContext, NodeConfig } from "./context.ts";
import { imagesIn, type ToolOutput, toToolOutput } from "./media.ts";
import { textOf } from "./model-messages.ts";

export interface ToolCall {
  id: string;
  name: string;
  args: Record<string, unknown>;
}

/**
 * Calls a tool through LangChain, so that its progress streams on the `tools` channel under the call's id.
 *
 * Images come as blocks of its message, or are handed to `config.configurable.countersign_call.showImage`, as our
 * tools from MCP servers do: what goes through LangChain is streamed, and they are large.
 *
 * @param idempotencyKey - Reaches the tool as `config.configurable.countersign_call.idempotencyKey`.
 * @throws Whatever the tool throws.
 */
export async function callTool(
  { tools }: AgentContext,
  { id, name, args }: ToolCall,
  config: NodeConfig,
  idempotencyKey?: string,
): Promise<ToolOutput> {
  const tool = tools.get(name);
  if (tool === undefined) throw new Error(`There is no tool ${name} here any more. Make a new plan.`);
  const shown: unknown[] = [];
  const showImage = (mimeType: string, data: string) => {
    shown.push({ type: "image", mime_type: mimeType, data });
  };
  const call = { idempotencyKey: idempotencyKey ?? id, showImage };
  const result: unknown = await tool.invoke(
    { type: "tool_call", id, name, args: structuredClone(args) },
    { ...config, configurable: { ...config.configurable, countersign_call: call } },
  );
  if (ToolMessage.isInstance(result)) {
    return toToolOutput(textOf(result), [...shown, ...imagesIn(result.content)]);
  }
  return toToolOutput(typeof result === "string" ? result : JSON.stringify(result), shown);
}
