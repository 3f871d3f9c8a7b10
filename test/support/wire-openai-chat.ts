import { argsText, nextId, piecesOf, type Spoken, unanswered, type Wire } from "./wire-server.ts";

interface Body {
  messages: { role: string; content: unknown; tool_calls?: { id: string }[]; tool_call_id?: string }[];
  tools?: { function: { name: string } }[];
}

/** Chat completions: https://platform.openai.com/docs/api-reference/chat/streaming */
export const openAiChat: Wire = {
  path: "/v1/chat/completions",
  contentType: "text/event-stream",
  frames(spoken) {
    const base = { id: nextId("chatcmpl"), object: "chat.completion.chunk", created: 1, model: "m" };
    const frame = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`;
    const delta = (part: unknown, finish_reason: string | null = null) =>
      frame({ ...base, choices: [{ index: 0, delta: part, finish_reason }] });
    const frames = [
      delta({ role: "assistant", content: "", refusal: null }),
      ...deltas(spoken).map((part) => delta(part)),
    ];
    if (spoken.error) return [...frames, frame({ error: { message: spoken.error, type: "server_error" } })];
    const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 };
    return [
      ...frames,
      delta({}, finishOf(spoken)),
      frame({ ...base, choices: [], usage }),
      "data: [DONE]\n\n",
    ];
  },
  hear({ messages, tools = [] }: Body) {
    return { tools: tools.map((tool) => tool.function.name), text: JSON.stringify(messages) };
  },
  issues({ messages }: Body) {
    return messages.flatMap(({ tool_calls = [] }, at) => {
      const answers = messages.slice(at + 1, at + 1 + tool_calls.length);
      return tool_calls.length === 0
        ? []
        : unanswered(
            tool_calls.map(({ id }) => id),
            answers.map(({ tool_call_id = "" }) => tool_call_id),
          );
    });
  },
};

function deltas({ reasoning = "", text = "", refusal = "", calls = [] }: Spoken): Record<string, unknown>[] {
  return [
    ...piecesOf(reasoning).map((reasoning_content) => ({ reasoning_content })),
    ...piecesOf(text).map((content) => ({ content })),
    ...piecesOf(refusal).map((part) => ({ refusal: part })),
    ...calls.flatMap(({ name, args }, index) => [
      { tool_calls: [{ index, id: nextId("call"), type: "function", function: { name, arguments: "" } }] },
      ...piecesOf(argsText(args)).map((part) => ({ tool_calls: [{ index, function: { arguments: part } }] })),
    ]),
  ];
}

function finishOf({ ending, calls = [] }: Spoken): string {
  if (ending === "length") return "length";
  if (ending === "filtered") return "content_filter";
  return calls.length > 0 ? "tool_calls" : "stop";
}
