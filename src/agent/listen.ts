import type { AIMessage, AIMessageChunk } from "@langchain/core/messages";
import { concat } from "@langchain/core/utils/stream";
import { toPlainMessage } from "./model-messages.ts";

/** What a model said, and whether the arguments of a tool call in it were no JSON. */
export interface Said {
  message: AIMessage;
  isBroken: boolean;
}

/**
 * Takes in what a model says. Arguments of tool calls are parsed strictly here: LangChain reads unfinished
 * JSON as far as it goes, and half a plan is no plan.
 *
 * @param heard - Told of every chunk as it comes.
 * @throws when the model ends without a word.
 */
export async function listen(
  stream: AsyncIterable<AIMessageChunk>,
  heard: (chunk: AIMessageChunk) => void = () => {},
): Promise<Said> {
  let whole: AIMessageChunk | undefined;
  for await (const chunk of stream) {
    heard(chunk);
    whole = whole === undefined ? chunk : concat(whole, chunk);
  }
  if (whole === undefined)
    throw new Error("The model ended without a word. Try again, or choose another model.");
  const message = toPlainMessage(whole);
  const isBroken =
    (whole.invalid_tool_calls?.length ?? 0) > 0 ||
    (whole.tool_call_chunks ?? []).some(({ args }) => !isJson(args || "{}"));
  if (isBroken) message.tool_calls = [];
  return { message, isBroken };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
