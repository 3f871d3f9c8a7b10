import { randomUUID } from "node:crypto";
import type { BaseChatModel, BindToolsInput } from "@langchain/core/language_models/chat_models";
import type { AIMessageChunk, BaseMessage } from "@langchain/core/messages";
import { convertToOpenAITool } from "@langchain/core/utils/function_calling";
import { callsInText } from "./calls-in-text.ts";
import type { NodeConfig } from "./context.ts";
import { listen, type Said } from "./listen.ts";
import { textOf } from "./model-messages.ts";
import { type CallableTool, createTextCallReader, toPrompted } from "./prompted-calls.ts";
import type { Meter } from "./usage.ts";

interface Speaking {
  config: NodeConfig;
  meter: Meter;
  /** Told of every chunk as it comes. */
  heard?: (chunk: AIMessageChunk) => void;
}

interface SpeakerOptions {
  /** The one tool that must be called. */
  choice?: string;
}

/** Models that turned out to call no tools: they are not asked again in that way. */
const withoutTools = new WeakSet<BaseChatModel>();

/**
 * Has a model speak and call tools, if any: by its provider's own tool calling where there is one, and otherwise by JSON that
 * it is asked for in words. Which it is shows when the model has no `bindTools`, or its provider says that it
 * has no tools.
 */
export function createSpeaker(
  model: BaseChatModel,
  tools: readonly BindToolsInput[],
  { choice }: SpeakerOptions = {},
) {
  const callable = tools.map((tool) => convertToOpenAITool(tool as never) as CallableTool);
  const names = new Set(callable.map((tool) => tool.function.name));

  async function native(messages: BaseMessage[], { config, ...speaking }: Speaking): Promise<Said> {
    const bound =
      tools.length === 0
        ? model
        : model.bindTools?.([...tools], choice === undefined ? {} : { tool_choice: choice });
    if (bound === undefined) throw new Error("The model cannot call tools.");
    return readCalls(await listen(await bound.stream(messages, config), speaking), "whole");
  }

  async function prompted(messages: BaseMessage[], { config, heard, meter }: Speaking): Promise<Said> {
    // The raw JSON is not for the chat; an answer in words shows when it is whole.
    const hidden = names.size === 0 ? config : { ...config, tags: [...(config.tags ?? []), "nostream"] };
    const stream = await model.stream(toPrompted(messages, callable, choice !== undefined), hidden);
    const reader = heard ? { heard: createTextCallReader(heard) } : {};
    return readCalls(await listen(stream, { ...reader, meter }), "anywhere");
  }

  function readCalls(said: Said, where: "whole" | "anywhere"): Said {
    const { message, isBroken, ending } = said;
    if (names.size === 0 || isBroken || message.tool_calls?.length || (ending ?? "length") !== "length")
      return said;
    const calls = callsInText(textOf(message), names, where);
    if (calls === undefined) return said;
    if (calls === "broken") return { ...said, isBroken: true };
    message.content = "";
    message.tool_calls = calls.map((call) => ({ ...call, id: `call_${randomUUID()}`, type: "tool_call" }));
    return said;
  }

  return async (messages: BaseMessage[], speaking: Speaking): Promise<Said> => {
    if (model.bindTools === undefined || withoutTools.has(model)) return prompted(messages, speaking);
    try {
      return await native(messages, speaking);
    } catch (error) {
      speaking.config.signal?.throwIfAborted();
      if (!saysNoTools(error)) throw error;
      withoutTools.add(model);
      return prompted(messages, speaking);
    }
  };
}

/** As Ollama, vLLM, llama.cpp, OpenRouter and others say it, before they answer anything. */
function saysNoTools(error: unknown): boolean {
  const { message = "", cause } = (error ?? {}) as { message?: string; cause?: unknown };
  const words =
    /(?:not|n't) support(?:ed)?\b.*\b(?:tool|function)|\b(?:tool|function)s?\b.*\bnot (?:supported|enabled)|support tool use|tools? (?:param|choice) requires/i;
  return words.test(message) || (cause !== undefined && saysNoTools(cause));
}
