import type { BaseMessage } from "@langchain/core/messages";
import { isRequest } from "./about-plan.ts";
import { textOf } from "./model-messages.ts";

/** What the person asked last, in their words. */
export function requestOf(messages: readonly BaseMessage[]): string {
  const asked = messages.findLast(isRequest);
  return asked ? textOf(asked) : "";
}
