import { AIMessage, type BaseMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import { MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { createTwoFilesPatch } from "diff";
import { ScriptedModel } from "../../src/testing/index.ts";

/** A red square of 4 by 4. */
export const redSquare =
  "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAEElEQVR4nGP4z8AARwzEcQCukw/x0F8jngAAAABJRU5ErkJggg==";

/** What a model may write: code, a table, formulas, lists, footnotes. */
export const richMarkdown = `## What I found

The rate is $r = \\frac{a}{b}$, and a coffee costs $3 to $4.

\\[
\\int_0^1 x^2 \\, dx = \\frac{1}{3}
\\]

\`\`\`typescript
// Adds what is there.
export function add(a: number, b: number): number {
  return a + b;
}
\`\`\`

| place | mornings | afternoons | evenings | nights | what people say about it who have been there |
|---|---:|---:|---:|---:|---|
| Bergen | 12 | 34 | 56 | 78 | It rains more often than anybody would believe who has not seen it |
| Oslo | 1 | 2 | 3 | 4 | Cold and bright |

1. First
   - with more
2. Second, see [the page](https://example.org/page)[^1]

- [x] done
- [ ] open

> Words of others.

[^1]: A note.
`;

/** Lines as a long run puts them out; one of them has something to be found. */
export const longText = Array.from({ length: 10_000 }, (_, index) =>
  index === 7_654 ? "ERROR at last: the needle" : `${index + 1} ok ${"·".repeat(index % 40)}`,
).join("\n");

export const diff = `Wrote 4 lines to notes.txt.\n${createTwoFilesPatch(
  "notes.txt",
  "notes.txt",
  "one\ntwo\nthree\n",
  "one\n2\nthree\nfour\n",
)}`;

const results: Record<string, unknown> = {
  json: JSON.stringify({ place: "Bergen", days: [{ day: 1, rain: true }], more: { wind: 12, note: "wet" } }),
  markdown: "# Report\n\nAll is **well**.\n\n- one\n- two\n",
  diff,
  text: longText,
  picture: [
    { type: "text", text: "Here it is." },
    { type: "image", mimeType: "image/png", data: redSquare },
  ],
};

type Said = (text: string) => BaseMessage[] | Promise<BaseMessage[]>;

const ids = () => crypto.randomUUID();

const script: Record<string, Said> = {
  everything: () => [
    new SystemMessage({ id: ids(), content: "Be kind." }),
    new AIMessage({
      id: ids(),
      content: [
        { type: "reasoning", reasoning: "They want to know about **rain**. I look it up first." },
        {
          type: "text",
          text: "It rains in Bergen.",
          annotations: [
            { type: "citation", url: "https://example.org/rain", title: "Rain in Bergen", endIndex: 19 },
            { type: "citation", title: "A book about weather", citedText: "Rain falls down." },
          ],
        },
        { type: "image", mimeType: "image/png", data: redSquare, metadata: { name: "square.png" } },
        { type: "image_url", image_url: { url: "https://elsewhere.example/b.png" } },
        { type: "file", mimeType: "application/pdf", data: "JVBERg==", metadata: { filename: "paper.pdf" } },
        { type: "text-plain", title: "notes.txt", text: "Line one\nLine two" },
        { type: "hologram", beam: { colour: "blue" } },
      ] as never,
    }),
  ],
  markdown: () => [new AIMessage({ id: ids(), content: richMarkdown })],
  tools: () => {
    const calls = Object.keys(results).map((name) => ({
      id: `call-${name}-${ids()}`,
      name,
      args: { about: name },
    }));
    const failing = { id: `call-fail-${ids()}`, name: "fail", args: {} };
    return [
      new AIMessage({ id: ids(), content: "", tool_calls: [...calls, failing] }),
      ...calls.map(
        ({ id, name }) =>
          new ToolMessage({ id: ids(), tool_call_id: id, name, content: results[name] as string }),
      ),
      new ToolMessage({
        id: ids(),
        tool_call_id: failing.id,
        name: "fail",
        content: "No such place.",
        status: "error",
      }),
      new AIMessage({ id: ids(), content: "That is what the tools say." }),
    ];
  },
  team: () => [
    new AIMessage({ id: ids(), name: "researcher", content: "I found three papers." }),
    new AIMessage({ id: ids(), name: "researcher", content: "And a fourth." }),
    new AIMessage({ id: ids(), name: "writer", content: "I write them up." }),
  ],
};

/**
 * A graph that answers with whatever its last message names (see `script`); `stream` is said by a model, word by
 * word, each held by `pause`; anything else is said back.
 */
export function createMessagesGraph(pause: () => Promise<void> | undefined = () => undefined) {
  const model = new ScriptedModel({
    script: () => ({ text: Array.from({ length: 400 }, (_, index) => `word${index}`).join(" ") }),
    pause,
  });
  return new StateGraph(MessagesAnnotation)
    .addNode("talk", async ({ messages }) => {
      const asked = String(messages.at(-1)?.content);
      if (asked.startsWith("stream")) return { messages: [await model.invoke(messages)] };
      const said = script[asked]?.(asked) ?? [new AIMessage({ id: ids(), content: `You said: ${asked}` })];
      return { messages: await said };
    })
    .addEdge(START, "talk");
}
