import { AIMessage, type BaseMessage, HumanMessage, trimMessages } from "@langchain/core/messages";
import { textOf } from "./model-messages.ts";

/** Tokens of the conversation that a model is sent, when nothing else is said. */
export const defaultHistoryTokens = 64_000;

/** Characters that a token stands for: about right for English and JSON, too many for most other writing. */
const charactersPerToken = 4;

/**
 * Leaves out the oldest of a conversation so that the rest has at most `maxTokens` (estimated). Whole requests go,
 * with everything that was said and called for them; the newest request stays whole, however long it is.
 *
 * @param messages - As {@link toModelMessages} returns them, without a system message.
 */
export async function trimHistory(messages: BaseMessage[], maxTokens: number): Promise<BaseMessage[]> {
  if (countTokens(messages) <= maxTokens) return messages;
  const newest = messages.findLastIndex((message) => HumanMessage.isInstance(message));
  if (newest <= 0) return messages;
  const left = maxTokens - countTokens(messages.slice(newest));
  if (left <= 0) return messages.slice(newest);
  const kept = await trimMessages(messages.slice(0, newest), {
    maxTokens: left,
    tokenCounter: countTokens,
    strategy: "last",
    startOn: "human",
  });
  return [...kept, ...messages.slice(newest)];
}

/**
 * Characters that the outputs of one plan, or one reading while planning, may have: a quarter of the
 * conversation.
 */
export function resultsBudget(maxHistoryTokens: number): number {
  return (maxHistoryTokens * charactersPerToken) / 4;
}

/** Divides `budget` fairly: what short texts do not need goes to the long ones; each may have 500 at least. */
export function fairShare(lengths: readonly number[], budget: number): number {
  let left = budget;
  const sorted = [...lengths].sort((a, b) => a - b);
  for (const [index, length] of sorted.entries()) {
    const share = left / (sorted.length - index);
    if (length > share) return Math.max(500, Math.floor(share));
    left -= length;
  }
  return Number.POSITIVE_INFINITY;
}

/** The beginning of a text, and how long the whole is. */
export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}\n[cut: ${text.length} characters in all]`;
}

const counted = new WeakMap<BaseMessage, number>();

function countTokens(messages: readonly BaseMessage[]): number {
  let sum = 0;
  for (const message of messages) {
    const tokens = counted.get(message) ?? tokensOf(message);
    counted.set(message, tokens);
    sum += tokens;
  }
  return sum;
}

function tokensOf(message: BaseMessage): number {
  const calls = AIMessage.isInstance(message) ? JSON.stringify(message.tool_calls ?? []) : "";
  return Math.ceil((textOf(message).length + calls.length) / charactersPerToken);
}
