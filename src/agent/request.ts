import { type BaseMessage, HumanMessage } from "@langchain/core/messages";
import { textOf } from "./model-messages.ts";

/** What the person asked last, in their words. */
export function requestOf(messages: readonly BaseMessage[]): string {
  const asked = messages.findLast((message) => HumanMessage.isInstance(message));
  return asked ? textOf(asked) : "";
}
