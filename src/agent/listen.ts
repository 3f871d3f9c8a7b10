import type { AIMessage, AIMessageChunk } from "@langchain/core/messages";
import { concat } from "@langchain/core/utils/stream";
import { type Ending, endingOf, refusalOf } from "./ending.ts";
import { textOf, toPlainMessage } from "./model-messages.ts";
import type { Meter } from "./usage.ts";

/** What a model said. */
export interface Said {
  message: AIMessage;
  /** The arguments of a tool call in it were no JSON; its calls are left out. */
  isBroken: boolean;
  /** How it ended, when it is not whole. */
  ending: Ending | undefined;
}

interface Listening {
  /** Told of every chunk as it comes. */
  heard?: (chunk: AIMessageChunk) => void;
  /** Counts the call. */
  meter: Meter;
}

/** Characters of one answer, arguments of calls included: more than any model writes that comes to an end. */
const maxLength = 1_000_000;

/**
 * Takes in what a model says. Arguments of tool calls are parsed strictly here: LangChain reads unfinished
 * JSON as far as it goes, and half a plan is no plan. A refusal becomes the text.
 *
 * @throws when the model ends without a word.
 */
export async function listen(
  stream: AsyncIterable<AIMessageChunk>,
  { heard = () => {}, meter }: Listening,
): Promise<Said> {
  let whole: AIMessageChunk | undefined;
  let length = 0;
  for await (const chunk of stream) {
    heard(chunk);
    whole = whole === undefined ? chunk : concat(whole, chunk);
    length += lengthOf(chunk);
    if (length > maxLength) break;
  }
  if (whole === undefined)
    throw new Error("The model ended without a word. Try again, or choose another model.");
  meter.count(whole);
  const message = toPlainMessage(whole);
  const ending = length > maxLength ? "endless" : endingOf(whole);
  const isBroken =
    (whole.invalid_tool_calls?.length ?? 0) > 0 ||
    (whole.tool_call_chunks ?? []).some(({ args }) => !isJson(args || "{}"));
  const refusal = refusalOf(whole);
  if (refusal !== "" || isBroken || (ending !== undefined && ending !== "length")) {
    // Where a provider's client keeps the calls a second time, they would be sent again, and nobody answers them.
    message.tool_calls = [];
    message.content = textOf(message) + refusal;
    message.response_metadata = {};
  }
  return { message, isBroken: isBroken && refusal === "", ending };
}

function lengthOf(chunk: AIMessageChunk): number {
  const calls = chunk.tool_call_chunks ?? [];
  return textOf(chunk).length + calls.reduce((sum, { args }) => sum + (args?.length ?? 0), 0);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
