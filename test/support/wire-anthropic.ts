import { argsText, nextId, piecesOf, type Spoken, unanswered, type Wire } from "./wire-server.ts";

interface Block {
  type: string;
  id?: string;
  tool_use_id?: string;
  signature?: string;
}

interface Body {
  messages: { role: string; content: string | Block[] }[];
  tools?: { name: string }[];
}

type Event = { type: string } & Record<string, unknown>;

/** The Messages API: https://docs.anthropic.com/en/api/messages-streaming */
export const anthropic: Wire = {
  path: "/v1/messages",
  contentType: "text/event-stream",
  frames(spoken) {
    const message = {
      id: nextId("msg"),
      type: "message",
      role: "assistant",
      model: "m",
      content: [],
      stop_reason: null,
    };
    const blocks = blocksOf(spoken).flatMap(({ block, deltas }, index) => [
      { type: "content_block_start", index, content_block: block },
      ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
      { type: "content_block_stop", index },
    ]);
    const end: Event[] = spoken.error
      ? [{ type: "error", error: { type: "overloaded_error", message: spoken.error } }]
      : [
          {
            type: "message_delta",
            delta: { stop_reason: stopOf(spoken), stop_sequence: null },
            usage: { output_tokens: 2 },
          },
          { type: "message_stop" },
        ];
    const start = {
      type: "message_start",
      message: { ...message, usage: { input_tokens: 10, output_tokens: 0 } },
    };
    return [start, { type: "ping" }, ...blocks, ...end].map(
      (event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
    );
  },
  hear({ messages, tools = [] }: Body) {
    return { tools: tools.map(({ name }) => name), text: JSON.stringify(messages) };
  },
  issues({ messages }: Body) {
    // Newer models take no words of theirs to go on with.
    const end =
      messages.at(-1)?.role === "assistant" ? ["the conversation must end with a user message"] : [];
    const each = messages.flatMap(({ role, content }, at) => {
      const calls = idsOf(content, "tool_use");
      const answers = idsOf(messages[at + 1]?.content ?? [], "tool_result");
      const issues = role === "assistant" ? unanswered(calls, answers) : [];
      const blocks = typeof content === "string" ? [] : content;
      if (content.length === 0) issues.push("an empty message");
      // Thinking is checked by its signature, and must come back as it was.
      if (blocks.some(({ type, signature }) => type === "thinking" && !signature))
        issues.push("thinking without signature");
      return issues;
    });
    return [...end, ...each];
  },
};

function idsOf(content: string | Block[], type: string): string[] {
  if (typeof content === "string") return [];
  return content.filter((block) => block.type === type).map(({ id, tool_use_id }) => id ?? tool_use_id ?? "");
}

function blocksOf({ reasoning, text, refusal, calls = [] }: Spoken) {
  const spoken = text ?? refusal;
  return [
    ...(reasoning === undefined
      ? []
      : [
          {
            block: { type: "thinking", thinking: "", signature: "" },
            deltas: [
              ...piecesOf(reasoning).map((thinking) => ({ type: "thinking_delta", thinking })),
              { type: "signature_delta", signature: "c2lnbmVk" },
            ],
          },
        ]),
    ...(spoken === undefined
      ? []
      : [
          {
            block: { type: "text", text: "" },
            deltas: piecesOf(spoken).map((part) => ({ type: "text_delta", text: part })),
          },
        ]),
    ...calls.map(({ name, args }) => ({
      block: { type: "tool_use", id: nextId("toolu"), name, input: {} },
      deltas: piecesOf(argsText(args)).map((partial_json) => ({ type: "input_json_delta", partial_json })),
    })),
  ];
}

function stopOf({ ending, refusal, calls = [] }: Spoken): string {
  if (ending === "length") return "max_tokens";
  if (refusal !== undefined || ending === "filtered") return "refusal";
  return calls.length > 0 ? "tool_use" : "end_turn";
}
