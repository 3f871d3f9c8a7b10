import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { aboutPlan, isRequest } from "./about-plan.ts";
import { proposePlanName } from "./proposal.ts";

/**
 * The conversation as a provider takes it: every tool call has exactly one answer, right behind it.
 * A proposal that nobody decided on (a new message set it aside) gets one that says so. Questions about a plan, and
 * what answers them, are no messages of their own: they are in the answer to the proposal, see {@link askedAbout}.
 */
export function toModelMessages(messages: readonly BaseMessage[]): BaseMessage[] {
  const answers = new Map<string, BaseMessage>();
  for (const message of messages) {
    if (ToolMessage.isInstance(message)) answers.set(message.tool_call_id, message);
  }
  const conversation: BaseMessage[] = [];
  let isBehindPlan = false;
  for (const message of messages) {
    if (ToolMessage.isInstance(message) || (isBehindPlan && aboutPlan(message) !== undefined)) continue;
    if (isRequest(message)) isBehindPlan = false;
    if (!AIMessage.isInstance(message)) {
      conversation.push(message);
      continue;
    }
    const calls = message.tool_calls ?? [];
    if (calls.length === 0 && isEmpty(message)) continue;
    conversation.push(message);
    for (const { id = "", name } of calls) {
      if (name === proposePlanName) isBehindPlan = true;
      const setAside = () => JSON.stringify({ ...undecided, ...askedAbout(messages, id) });
      conversation.push(answers.get(id) ?? new ToolMessage({ tool_call_id: id, name, content: setAside() }));
    }
  }
  return conversation;
}

const undecided = { decision: "none", reason: "The person said something else instead of deciding." };

/** One question about a plan; without `answer` when there was none, because the run was stopped. */
interface Asked {
  question: string;
  answer?: string;
}

/** What was asked about a proposal before it was decided on, oldest first, as a model is told; `{}` for nothing. */
export function askedAbout(messages: readonly BaseMessage[], callId: string): { asked?: Asked[] } {
  const proposed = messages.findIndex(
    (message) => AIMessage.isInstance(message) && message.tool_calls?.some(({ id }) => id === callId),
  );
  const asked: Asked[] = [];
  for (const message of proposed === -1 ? [] : messages.slice(proposed + 1)) {
    if (isRequest(message)) break;
    if (ToolMessage.isInstance(message) || aboutPlan(message) === undefined) continue;
    const text = textOf(message).trim();
    const last = asked.at(-1);
    if (HumanMessage.isInstance(message)) asked.push({ question: text });
    else if (last && text !== "")
      last.answer = last.answer === undefined ? text : `${last.answer}\n\n${text}`;
  }
  return asked.length > 0 ? { asked } : {};
}

/** The call by which the model proposed the newest plan, valid or not. */
export function lastProposal(messages: readonly BaseMessage[]): string | undefined {
  const calls = messages.flatMap((message) =>
    AIMessage.isInstance(message) ? (message.tool_calls ?? []) : [],
  );
  return calls.findLast(({ name }) => name === proposePlanName)?.id;
}

function isEmpty(message: BaseMessage): boolean {
  return typeof message.content === "string" ? message.content.trim() === "" : message.content.length === 0;
}

/** What a model said, without the provider's and the stream's own fields, so that it can be sent to any provider. */
export function toPlainMessage(message: AIMessage): AIMessage {
  const { id, content, tool_calls, usage_metadata, response_metadata } = message;
  return new AIMessage({
    ...(id === undefined ? {} : { id }),
    content,
    ...(tool_calls && tool_calls.length > 0 ? { tool_calls } : {}),
    ...(usage_metadata ? { usage_metadata } : {}),
    response_metadata: response_metadata ?? {},
  });
}

/** The text of a message, whatever the shape of its content. */
export function textOf(message: BaseMessage): string {
  if (typeof message.content === "string") return message.content;
  return message.content
    .map((block) => ("text" in block && typeof block.text === "string" ? block.text : ""))
    .join("");
}
