import { piecesOf, type Spoken, type Wire } from "./wire-server.ts";

interface Body {
  messages: { role: string; content: string; tool_calls?: unknown[] }[];
  tools?: { function: { name: string } }[];
}

/** Ollama's chat: https://github.com/ollama/ollama/blob/main/docs/api.md */
export const ollama: Wire = {
  path: "/api/chat",
  contentType: "application/x-ndjson",
  frames(spoken) {
    const base = { model: "m", created_at: "2026-01-01T00:00:00Z" };
    const line = (data: unknown) => `${JSON.stringify(data)}\n`;
    const frames = messagesOf(spoken).map((message) =>
      line({ ...base, message: { role: "assistant", content: "", ...message }, done: false }),
    );
    if (spoken.error) return [...frames, line({ error: spoken.error })];
    const done_reason = spoken.ending === "length" ? "length" : "stop";
    const counts = { prompt_eval_count: 10, eval_count: 2 };
    return [
      ...frames,
      line({ ...base, message: { role: "assistant", content: "" }, done: true, done_reason, ...counts }),
    ];
  },
  hear({ messages, tools = [] }: Body) {
    return { tools: tools.map((tool) => tool.function.name), text: JSON.stringify(messages) };
  },
  failure: (error) => ({ error }),
  issues({ messages }: Body) {
    return messages.flatMap(({ tool_calls = [] }, at) => {
      const answers = messages
        .slice(at + 1, at + 1 + tool_calls.length)
        .filter(({ role }) => role === "tool");
      return answers.length < tool_calls.length ? ["a call has no answer right behind it"] : [];
    });
  },
};

/** It sends calls whole, each with arguments that were parsed. */
function messagesOf({
  reasoning = "",
  text = "",
  refusal = "",
  calls = [],
}: Spoken): Record<string, unknown>[] {
  return [
    ...piecesOf(reasoning).map((thinking) => ({ thinking })),
    ...piecesOf(text + refusal).map((content) => ({ content })),
    ...calls.map(({ name, args }) => ({ tool_calls: [{ function: { name, arguments: args } }] })),
  ];
}
