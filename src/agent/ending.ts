import type { AIMessage } from "@langchain/core/messages";
import { isRecord } from "../protocol/json.ts";

/**
 * How an answer ended that is not whole: at the model's limit of output tokens, by the provider's content
 * filter, by the model's refusal, in the middle without a reason, or by us because it did not end.
 */
export type Ending = "length" | "filtered" | "refused" | "unfinished" | "endless";

/** Reasons to stop as providers name them: OpenAI (both APIs), Anthropic, Ollama, Google, Bedrock. */
const endings: Record<string, Ending> = {
  length: "length",
  max_tokens: "length",
  max_output_tokens: "length",
  model_context_window_exceeded: "length",
  content_filter: "filtered",
  content_filtered: "filtered",
  guardrail_intervened: "filtered",
  safety: "filtered",
  recitation: "filtered",
  blocklist: "filtered",
  prohibited_content: "filtered",
  refusal: "refused",
};

/** How a message ended that is not whole; undefined when it is, or when its provider does not say. */
export function endingOf({
  additional_kwargs: extra,
  response_metadata: metadata,
}: AIMessage): Ending | undefined {
  const incomplete = isRecord(metadata.incomplete_details) ? metadata.incomplete_details.reason : undefined;
  const { finish_reason, finishReason, stop_reason = extra.stop_reason, stopReason, done_reason } = metadata;
  const reason = incomplete ?? finish_reason ?? finishReason ?? stop_reason ?? stopReason ?? done_reason;
  if (typeof reason === "string") return endings[reason.toLowerCase()];
  // OpenAI's Responses API opens with an id and closes with a status, which ChatOpenAI hands on.
  const isOpened = typeof metadata.id === "string" && metadata.id.startsWith("resp_");
  return isOpened && metadata.status !== "completed" ? "unfinished" : undefined;
}

/** What the model said instead of an answer; OpenAI keeps it apart from the text. */
export function refusalOf({ additional_kwargs: { refusal } }: AIMessage): string {
  return typeof refusal === "string" ? refusal : "";
}

/** What a person is told of an answer that is not whole. */
export const endingWords: Record<Ending, string> = {
  length:
    "The answer was cut off: the model reached its limit of output tokens. Ask for less at once, or raise the model's limit.",
  filtered:
    "The provider's content filter stopped the answer. Try saying it differently, or choose another model.",
  refused: "The model refused to answer. Try saying it differently, or choose another model.",
  unfinished: "The answer broke off: the provider ended it without saying why. Please try again.",
  endless: "The model did not stop writing, and was stopped. Try again, or choose another model.",
};
