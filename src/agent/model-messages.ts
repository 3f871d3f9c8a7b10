import { AIMessage, type BaseMessage, ToolMessage } from "@langchain/core/messages";

/**
 * The conversation as a provider takes it: every tool call has exactly one answer, right behind it.
 * A proposal that nobody decided on (a new message set it aside) gets one that says so.
 */
export function toModelMessages(messages: readonly BaseMessage[]): BaseMessage[] {
  const answers = new Map<string, BaseMessage>();
  for (const message of messages) {
    if (ToolMessage.isInstance(message)) answers.set(message.tool_call_id, message);
  }
  const conversation: BaseMessage[] = [];
  for (const message of messages) {
    if (ToolMessage.isInstance(message)) continue;
    if (!AIMessage.isInstance(message)) {
      conversation.push(message);
      continue;
    }
    const calls = message.tool_calls ?? [];
    if (calls.length === 0 && isEmpty(message)) continue;
    conversation.push(message);
    for (const { id = "", name } of calls) {
      conversation.push(answers.get(id) ?? new ToolMessage({ tool_call_id: id, name, content: setAside }));
    }
  }
  return conversation;
}

const setAside = JSON.stringify({
  decision: "none",
  reason: "The person said something else instead of deciding.",
});

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
