import { tool } from "@langchain/core/tools";
import { expect, test } from "vitest";
import { z } from "zod";
import { imagesIn, toToolOutput } from "../../src/agent/media.ts";
import { toOutput } from "../../src/agent/outputs.ts";
import { plainAgent, proposal } from "../support/plain-agent.ts";

const png = { type: "image" as const, mime_type: "image/png", data: "iVBORw0KGgo=" };

test("what is no image is not kept, and the text says so", () => {
  for (const bad of [
    { ...png, data: "<script>" },
    { ...png, data: "" },
    { ...png, mime_type: "text/html" },
    { ...png, mime_type: 'image/png" onload="x' },
    { type: "image", mime_type: "image/png" },
    { type: "image", mime_type: "image/png", url: "javascript:alert(1)" },
    { type: "image", mime_type: "image/png", url: "file:///etc/passwd" },
    "x",
    null,
  ]) {
    const { text, media } = toToolOutput("Here.", [bad, png]);
    expect(media, JSON.stringify(bad)).toEqual([png]);
    expect(text).toBe("Here.\n[1 image was not kept: it cannot be read]");
  }
  expect(toToolOutput("", [png]).text).toBe("");
});

test("images among the blocks of a message are found in each of LangChain's shapes", () => {
  const data = { mime_type: "image/png", data: png.data };
  const found = imagesIn([
    { type: "text", text: "x" },
    { type: "image", source_type: "base64", ...data },
    { type: "image", mimeType: "image/png", data: png.data },
    { type: "image_url", image_url: { url: `data:image/png;base64,${png.data}` } },
    { type: "image_url", image_url: "https://example.org/a.png" },
    { type: "image", url: "https://example.org/b.webp", mimeType: "image/webp" },
    null,
  ]);
  expect(toToolOutput("", found.slice(0, 3)).media).toEqual([png, png, png]);
  expect(toToolOutput("", found.slice(3)).media).toEqual([
    { type: "image", mime_type: "image/png", url: "https://example.org/a.png" },
    { type: "image", mime_type: "image/webp", url: "https://example.org/b.webp" },
  ]);
  expect(imagesIn("text")).toEqual([]);
});

test("what a person says that a call returned is shown as it is, whatever it looks like", () => {
  const claimed = { type: "tool_output", text: "x", media: [{ ...png, data: "<svg>" }] };
  expect(toOutput(claimed)).toEqual({ output: JSON.stringify(claimed) });
  expect(toOutput(null)).toEqual({ output: "" });
  expect(toOutput({ type: "tool_output", text: "x", media: [png] })).toEqual({ output: "x", media: [png] });
});

test("a tool that answers with blocks of LangChain's has its text and its images, without a server too", async () => {
  const draw = tool(
    () => [
      { type: "text", text: "Drawn." },
      { type: "image_url", image_url: { url: `data:image/png;base64,${png.data}` } },
    ],
    { name: "draw", description: "Draws.", schema: z.object({}) },
  );
  const step = { id: "s1", title: "Draw", why: "", tool: "draw", args: {} };
  const agent = plainAgent({
    tools: [draw],
    script: (_messages, tools) =>
      tools.includes("propose_plan") ? { calls: [proposal([step])] } : { text: "That is all." },
  });
  const { plan } = await agent.say("Draw");
  const { steps } = await agent.answer({ type: "approve", digest: plan?.digest });
  expect(steps.s1).toMatchObject({ status: "done", output: "Drawn.", media: [png] });
});
