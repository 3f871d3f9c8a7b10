import { randomUUID } from "node:crypto";
import { type BaseMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { isRecord } from "../protocol/json.ts";

/**
 * Which plan a message is about: a person's question about a plan that waits for them, and everything that answers
 * it. It stands in the message's `additional_kwargs` as `about_plan`, so that a client can tell such a question
 * from a new request. Stock clients keep the fields of what was streamed, and those do not have it: the id of a
 * question says it too, see {@link toQuestion}.
 */
export interface AboutPlan {
  planId: string;
  revision: number;
  digest: string;
  /** Who asked, from the server's receipt; absent where no server of ours keeps receipts. */
  by?: { id: string; verified: boolean };
  at?: string;
}

/** The plan that a message is about; undefined for all that is said outside of such a question. */
export function aboutPlan({
  additional_kwargs: { about_plan: about } = {},
}: BaseMessage): AboutPlan | undefined {
  return isRecord(about) ? (about as unknown as AboutPlan) : undefined;
}

/** What a person asked about a plan. Its id is `about-plan:<the plan's digest>:<anything>`. */
export function toQuestion(question: string, about: AboutPlan): HumanMessage {
  const id = `about-plan:${about.digest}:${randomUUID()}`;
  return markAbout(new HumanMessage({ id, content: question }), about);
}

/** Marks the message itself. */
export function markAbout<Message extends BaseMessage>(message: Message, about: AboutPlan): Message {
  message.additional_kwargs = { ...message.additional_kwargs, about_plan: about };
  return message;
}

/** A person's request: what they said, but for questions about a plan. */
export function isRequest(message: BaseMessage): boolean {
  return HumanMessage.isInstance(message) && aboutPlan(message) === undefined;
}

/** What was said and done for the newest request, questions about its plan and their answers left out. */
export function sinceRequest(messages: readonly BaseMessage[]): BaseMessage[] {
  const since = messages.slice(messages.findLastIndex(isRequest) + 1);
  return since.filter((message) => ToolMessage.isInstance(message) || aboutPlan(message) === undefined);
}
