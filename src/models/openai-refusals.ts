import type { BaseMessage } from "@langchain/core/messages";

type Convert = (said: { refusal?: unknown }, ...rest: unknown[]) => BaseMessage;

/** The methods of `ChatOpenAICompletions` that make a message of what the provider sent. */
const conversions = ["_convertCompletionsDeltaToBaseMessageChunk", "_convertCompletionsMessageToBaseMessage"];

/**
 * Has `ChatOpenAICompletions` keep what a model says instead of an answer: LangChain drops the `refusal` of chat
 * completions, and an empty message is left. It is put where LangChain has it for the Responses API,
 * `additional_kwargs.refusal`.
 */
export function keepRefusals<Completions extends object>(completions: Completions): Completions {
  for (const name of conversions) {
    const convert: unknown = Reflect.get(completions, name);
    if (typeof convert !== "function") continue;
    const keep: Convert = (said, ...rest) => {
      const message = (convert as Convert).call(completions, said, ...rest);
      if (typeof said.refusal === "string") message.additional_kwargs.refusal = said.refusal;
      return message;
    };
    Reflect.set(completions, name, keep);
  }
  return completions;
}
