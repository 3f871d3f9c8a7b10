import {
  AIMessage,
  AIMessageChunk,
  type BaseMessage,
  HumanMessage,
  mergeMessageRuns,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import { textOf } from "./model-messages.ts";

/** A tool in the shape of OpenAI's, which LangChain converts every tool to. */
export interface CallableTool {
  function: { name: string; description?: string; parameters?: unknown };
}

/**
 * The conversation for a model that cannot call tools: how to call one is said in words, and calls and results
 * that were made become text.
 *
 * @param mustCall - The model is to call a tool, and not to answer in words.
 */
export function toPrompted(
  messages: readonly BaseMessage[],
  tools: readonly CallableTool[],
  mustCall: boolean,
): BaseMessage[] {
  const catalogue = tools.map(
    ({ function: { name, description = "", parameters = {} } }) =>
      `- ${name}: ${description}\n  args: ${JSON.stringify(parameters)}`,
  );
  const how = `You call a tool by answering with one JSON object and nothing else, not even a fence: {"tool": "<name>", "args": {…}}. Its result follows as a message. ${
    mustCall ? "Call one now." : "When you need no tool, answer in plain text, without JSON."
  }\n\nTools that you may call this way:\n${catalogue.join("\n")}`;
  const said = messages.map((message) => (SystemMessage.isInstance(message) ? message : toWords(message)));
  const first = said.findIndex((message) => !SystemMessage.isInstance(message));
  const rules = tools.length === 0 ? [] : [new SystemMessage(how)];
  return mergeMessageRuns(said.toSpliced(first === -1 ? said.length : first, 0, ...rules));
}

function toWords(message: BaseMessage): BaseMessage {
  if (ToolMessage.isInstance(message)) {
    const failed = message.status === "error" ? " failed" : "";
    return new HumanMessage(`The tool ${message.name ?? ""}${failed}, with this result:\n${textOf(message)}`);
  }
  if (!AIMessage.isInstance(message)) return message;
  const calls = (message.tool_calls ?? []).map(({ name, args }) => JSON.stringify({ tool: name, args }));
  return new AIMessage([textOf(message), ...calls].filter((part) => part.trim() !== "").join("\n"));
}

/**
 * Watches such a model write a call, and tells of its arguments as if it were a real one.
 *
 * @param heard - Told of chunks with the arguments of a call.
 */
export function createTextCallReader(heard: (chunk: AIMessageChunk) => void) {
  let text = "";
  let toldUpTo = -1;
  return (chunk: AIMessageChunk): void => {
    text += textOf(chunk);
    if (toldUpTo === -1) {
      const begun = /"(?:tool|name)"\s*:\s*"([^"]+)"\s*,\s*"(?:args|arguments|parameters)"\s*:\s*/.exec(text);
      if (begun === null) return;
      toldUpTo = begun.index + begun[0].length;
      tell({ name: begun[1] ?? "", args: text.slice(toldUpTo) });
    } else {
      tell({ args: text.slice(toldUpTo) });
    }
    toldUpTo = text.length;
  };

  function tell(part: { name?: string; args: string }): void {
    heard(
      new AIMessageChunk({ content: "", tool_call_chunks: [{ type: "tool_call_chunk", index: 0, ...part }] }),
    );
  }
}
