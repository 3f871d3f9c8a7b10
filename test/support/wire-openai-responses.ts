import { argsText, nextId, piecesOf, type Spoken, unanswered, type Wire } from "./wire-server.ts";

interface Item {
  type?: string;
  call_id?: string;
}

interface Body {
  input: Item[];
  tools?: { name: string }[];
}

type Event = { type: string } & Record<string, unknown>;

/** The Responses API: https://platform.openai.com/docs/api-reference/responses-streaming */
export const openAiResponses: Wire = {
  path: "/v1/responses",
  contentType: "text/event-stream",
  frames(spoken) {
    const response = {
      id: nextId("resp"),
      object: "response",
      created_at: 1,
      model: "m",
      status: "in_progress",
      output: [],
    };
    const items = itemsOf(spoken);
    const events: Event[] = [
      { type: "response.created", response },
      ...items.flatMap(({ item, parts }, output_index) => [
        { type: "response.output_item.added", output_index, item: { ...item, ...blank(item) } },
        ...parts.map((part) => ({ output_index, item_id: item.id, ...part })),
        { type: "response.output_item.done", output_index, item },
      ]),
      spoken.error
        ? { type: "error", code: "server_error", message: spoken.error, param: null }
        : endOf(spoken, response, items),
    ];
    return events.map(
      (event, sequence_number) =>
        `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number })}\n\n`,
    );
  },
  hear({ input, tools = [] }: Body) {
    return { tools: tools.map(({ name }) => name), text: JSON.stringify(input) };
  },
  issues({ input }: Body) {
    const ids = (type: string) => input.flatMap((item) => (item.type === type ? [item.call_id ?? ""] : []));
    const dangling = input.flatMap((item, at) =>
      item.type === "reasoning" &&
      !["reasoning", "function_call", "message"].includes(input[at + 1]?.type ?? "")
        ? ["a reasoning item without the item that followed it"]
        : [],
    );
    return [...unanswered(ids("function_call"), ids("function_call_output")), ...dangling];
  },
};

interface Output {
  item: { id: string; type: string } & Record<string, unknown>;
  parts: Event[];
}

function itemsOf({ reasoning, text, refusal, calls = [] }: Spoken): Output[] {
  const message = (content: Record<string, unknown>, parts: Event[]): Output => ({
    item: { id: nextId("msg"), type: "message", role: "assistant", status: "completed", content: [content] },
    parts,
  });
  return [
    ...(reasoning === undefined ? [] : [thought(reasoning)]),
    ...(text === undefined
      ? []
      : [
          message(
            { type: "output_text", text, annotations: [] },
            piecesOf(text).map((delta) => ({ type: "response.output_text.delta", content_index: 0, delta })),
          ),
        ]),
    ...(refusal === undefined
      ? []
      : [
          message({ type: "refusal", refusal }, [
            ...piecesOf(refusal).map((delta) => ({
              type: "response.refusal.delta",
              content_index: 0,
              delta,
            })),
            { type: "response.refusal.done", content_index: 0, refusal },
          ]),
        ]),
    ...calls.map(({ name, args }): Output => {
      const item = {
        id: nextId("fc"),
        type: "function_call",
        call_id: nextId("call"),
        name,
        arguments: argsText(args),
      };
      const deltas = piecesOf(argsText(args)).map((delta) => ({
        type: "response.function_call_arguments.delta",
        delta,
      }));
      return {
        item,
        parts: [...deltas, { type: "response.function_call_arguments.done", arguments: item.arguments }],
      };
    }),
  ];
}

function thought(text: string): Output {
  const part = { summary_index: 0, part: { type: "summary_text", text: "" } };
  return {
    item: { id: nextId("rs"), type: "reasoning", summary: [{ type: "summary_text", text }] },
    parts: [
      { type: "response.reasoning_summary_part.added", ...part },
      ...piecesOf(text).map((delta) => ({
        type: "response.reasoning_summary_text.delta",
        summary_index: 0,
        delta,
      })),
      { type: "response.reasoning_summary_text.done", summary_index: 0, text },
    ],
  };
}

function blank({ type }: Output["item"]): Record<string, unknown> {
  if (type === "function_call") return { arguments: "" };
  return type === "reasoning" ? { summary: [] } : { content: [] };
}

function endOf({ ending }: Spoken, response: Record<string, unknown>, items: Output[]): Event {
  const reasons = { length: "max_output_tokens", filtered: "content_filter" };
  const usage = {
    input_tokens: 10,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 2,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 12,
  };
  const status = ending === undefined ? "completed" : "incomplete";
  const incomplete_details = ending === undefined ? null : { reason: reasons[ending] };
  const output = items.map(({ item }) => item);
  return { type: `response.${status}`, response: { ...response, status, incomplete_details, output, usage } };
}
