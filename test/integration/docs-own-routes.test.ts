import { tool } from "@langchain/core/tools";
import { expect, test } from "vitest";
import { z } from "zod";
import { createPlanAgent } from "../../src/agent/index.ts";
import { blocksOf, Comparison, parseRequest, readDocument } from "../support/document.ts";
import { scriptedPlanner } from "../support/plan-agent.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

function createAgent() {
  const note = tool(async () => "Noted.", {
    name: "note",
    description: "Writes a note.",
    schema: z.object({ text: z.string() }),
  });
  note.metadata = {
    annotations: { destructiveHint: false, openWorldHint: false },
    contentArguments: ["text"],
  };
  const plan = [{ id: "s1", title: "Note it", why: "", tool: "note", args: { text: "1, 2, 3" } }];
  return createPlanAgent({
    model: scriptedPlanner([plan]),
    tools: [note],
    policy: [{ tool: "note", ask: "never" }],
  });
}

test("the routes of our own reply as the document shows it, from its first request to its last", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { agent: createAgent() }, directory: directory.path });
  const comparison = new Comparison();
  const closing = new AbortController();
  let reply: { status: number; body: unknown } | undefined;
  let compared = 0;
  try {
    for (const { language, text } of blocksOf(readDocument("docs/own-routes.md"))) {
      if (language === "json") {
        expect(reply?.status).toBe(200);
        expect(comparison.difference(JSON.parse(text), reply?.body)).toBeUndefined();
        compared += 1;
        continue;
      }
      const { method, path, headers, body } = parseRequest(comparison.toReal(text));
      const sent = { method, headers, signal: closing.signal, ...(body === "" ? {} : { body }) };
      const response = await fetch(`${server.url}${path}`, sent);
      const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
      if (!isStream) reply = { status: response.status, body: await response.json() };
    }
  } finally {
    closing.abort();
  }
  expect(compared).toBe(5);
});
