import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import { expect, test } from "vitest";
import { toMathText } from "../../src/react/math-text.ts";
import { toMedia } from "../../src/react/media.ts";
import { toParts } from "../../src/react/message-parts.ts";
import { toTimeline } from "../../src/react/timeline.ts";

const pixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const ai = (content: unknown, more: object = {}) => new AIMessage({ id: "a", content, ...more } as never);

test.each([
  ["LangChain's", [{ type: "reasoning", reasoning: "Hm." }]],
  ["Anthropic's", [{ type: "thinking", thinking: "Hm.", signature: "x" }]],
  ["OpenAI's summaries", [{ type: "reasoning", summary: [{ type: "summary_text", text: "Hm." }] }]],
])("what a model thought is apart from what it says, in %s words", (_whose, blocks) => {
  const said = ai([...blocks, { type: "text", text: "Yes." }]);
  expect(toTimeline([said])).toEqual([
    { type: "thinking", id: "a:thinking", text: "Hm.", isOver: true, holds: ["a"] },
    { type: "agent", id: "a", text: "Yes." },
  ]);
});

test("thoughts that come beside the text, or are kept from us, are thoughts too; it is over once something comes of it", () => {
  expect(toParts(ai("Yes.", { additional_kwargs: { reasoning_content: "Hm." } })).reasoning).toBe("Hm.");
  expect(toParts(ai([{ type: "redacted_thinking", data: "…" }])).reasoning).toBe("");
  const thinking = ai([{ type: "reasoning", reasoning: "Hm" }]);
  expect(toTimeline([thinking])).toMatchObject([{ type: "thinking", isOver: false }]);
  expect(toTimeline([thinking, new HumanMessage({ id: "h", content: "?" })])).toMatchObject([
    { type: "thinking", isOver: true },
    { type: "person" },
  ]);
});

test.each([
  ["LangChain's", { type: "image", mimeType: "image/png", data: pixel }],
  ["LangChain's before", { type: "image", source_type: "base64", mime_type: "image/png", data: pixel }],
  ["OpenAI's", { type: "image_url", image_url: { url: `data:image/png;base64,${pixel}` } }],
  ["OpenAI's newer", { type: "input_image", image_url: `data:image/png;base64,${pixel}` }],
  ["OpenAI's own", { type: "image_generation_call", result: pixel }],
  ["Anthropic's", { type: "image", source: { type: "base64", media_type: "image/png", data: pixel } }],
  ["Google's", { type: "inlineData", inlineData: { mimeType: "image/png", data: pixel } }],
  ["MCP's", { type: "image", mimeType: "image/png", data: pixel }],
])("an image in %s words is shown", (_whose, block) => {
  expect(toMedia(block)).toMatchObject({
    kind: "image",
    mimeType: "image/png",
    src: `data:image/png;base64,${pixel}`,
    href: null,
  });
});

test("what is elsewhere is not fetched, what may hold a script is a file, and an id alone is nothing to show", () => {
  const elsewhere = toMedia({ type: "image_url", image_url: "https://elsewhere.example/a.png" });
  expect(elsewhere).toMatchObject({ src: null, href: "https://elsewhere.example/a.png" });
  expect(toMedia({ type: "image", mimeType: "image/svg+xml", data: "PHN2Zy8+" })).toMatchObject({
    kind: "file",
  });
  expect(toMedia({ type: "image", url: "data:image/svg+xml,<svg/>" })).toMatchObject({ kind: "file" });
  expect(toMedia({ type: "image_url", image_url: "javascript:alert(1)" })).toBeNull();
  expect(toMedia({ type: "image", url: "//elsewhere.example/a.png" })).toBeNull();
  expect(toMedia({ type: "file", fileId: "file-1" })).toBeNull();
  expect(toMedia({ type: "text", text: "no media" })).toBeNull();
});

test("files keep their name and type, and texts that came in the open can be read", () => {
  expect(
    toMedia({ type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,AA==" } }),
  ).toMatchObject({ kind: "file", name: "a.pdf", mimeType: "application/pdf" });
  expect(
    toMedia({
      type: "document",
      title: "Notes",
      source: { type: "text", media_type: "text/plain", data: "Hi." },
    }),
  ).toMatchObject({ kind: "file", name: "Notes", text: "Hi.", src: null });
  expect(toMedia({ type: "text-plain", title: "Notes", text: "Hi." })).toMatchObject({ text: "Hi." });
  expect(
    toMedia({ type: "resource", resource: { uri: "file:///a.txt", mimeType: "text/plain", text: "Hi." } }),
  ).toMatchObject({ name: "file:///a.txt", text: "Hi." });
});

test("what is cited has a number where it is cited, the same one each time, and stands in a list once", () => {
  const url = "https://example.org/a";
  const text = "It rains. It snows.";
  const parts = toParts(
    ai([
      {
        type: "text",
        text,
        annotations: [
          { type: "citation", url, title: "Weather", endIndex: 9 },
          { type: "url_citation", url, end_index: text.length },
          { type: "citation", title: "A book", citedText: "Snow." },
        ],
      },
      { type: "text", text: " Yes.", citations: [{ type: "char_location", document_title: "A book" }] },
    ]),
  );
  expect(parts.text).toBe(`It rains. [[1]](<${url}>) It snows. [[1]](<${url}>) [2] Yes. [2]`);
  expect(parts.sources).toEqual([
    { title: "Weather", url, quote: null },
    { title: "A book", url: null, quote: "Snow." },
  ]);
  const listed = toParts(ai("See [1].", { additional_kwargs: { citations: [url, "javascript:alert(1)"] } }));
  expect(listed.sources[0]).toEqual({ title: null, url, quote: null });
  expect(JSON.stringify(listed.sources)).not.toContain("javascript");
});

test("calls of any tool stand with what came back, also when the provider ran it, it was no call, or the call is gone", () => {
  const items = toTimeline([
    ai(
      [
        { type: "text", text: "Let me look." },
        { type: "tool_use", id: "c1", name: "search" },
      ],
      {
        name: "researcher",
        tool_calls: [{ id: "c1", name: "search", args: { q: "rain" } }],
        invalid_tool_calls: [{ id: "c2", name: "search", args: "{q:", error: "No JSON." }],
      },
    ),
    new ToolMessage({
      id: "t1",
      tool_call_id: "c1",
      name: "search",
      content: [
        { type: "text", text: "Wet." },
        { type: "image", mimeType: "image/png", data: pixel },
      ] as never,
      artifact: { rows: 3 },
    }),
    new ToolMessage({ id: "t9", tool_call_id: "gone", name: "old", content: "Late.", status: "error" }),
    new AIMessage({
      id: "b",
      content: [
        { type: "server_tool_call", id: "s1", name: "web_search", args: { query: "x" } },
        { type: "server_tool_call_result", toolCallId: "s1", status: "success", output: { hits: 1 } },
        { type: "text", text: "Done." },
      ] as never,
    }),
  ]);
  expect(items).toMatchObject([
    { type: "agent", name: "researcher", text: "Let me look." },
    {
      type: "reading",
      name: "researcher",
      holds: ["a", "t1"],
      calls: [
        {
          tool: "search",
          args: { q: "rain" },
          result: "Wet.",
          media: [{ kind: "image" }],
          artifact: { rows: 3 },
        },
      ],
    },
    { type: "reading", calls: [{ tool: "search", result: "No JSON.", isError: true }] },
    { type: "reading", id: "t9", calls: [{ tool: "old", result: "Late.", isError: true }] },
    { type: "reading", calls: [{ tool: "web_search", args: { query: "x" }, result: '{"hits":1}' }] },
    { type: "agent", text: "Done." },
  ]);
});

test("nothing that was said is left out: instructions, refusals, and parts of a shape that nobody knows", () => {
  expect(
    toTimeline([
      new SystemMessage({ id: "s", content: "Be kind." }),
      ai([
        { type: "refusal", refusal: "I will not." },
        { type: "hologram", beam: 1 },
      ]),
    ]),
  ).toEqual([
    { type: "note", id: "s", role: "system", text: "Be kind." },
    { type: "agent", id: "a", text: "I will not.", others: [{ type: "hologram", beam: 1 }] },
  ]);
});

test("formulas are found however they are written, prices are none, and code stays as it is", () => {
  expect(toMathText("a \\(x^2\\) b")).toBe("a $$x^2$$ b");
  expect(toMathText("Then $E = mc^2$.")).toBe("Then $$E = mc^2$$.");
  expect(toMathText("\\[\n\\int x\n\\]")).toBe("\n$$\n\\int x\n$$\n");
  expect(toMathText("$$\na\n$$")).toBe("\n$$\na\n$$\n");
  for (const text of [
    "It costs $5, or $10 with tax.",
    "`$x^2$` and ``\\(x\\)``",
    "```sh\necho $HOME $PATH_X\n```",
    "from $HOME_DIR to $OTHER_DIR",
    "\\$x^2\\$",
  ]) {
    expect(toMathText(text)).toBe(text);
  }
});
