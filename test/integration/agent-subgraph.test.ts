import { tool } from "@langchain/core/tools";
import { Annotation, END, interrupt, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { z } from "zod";
import { createPlanAgent } from "../../src/agent/index.ts";
import { ScriptedModel } from "../../src/testing/index.ts";
import { getJson, openInterrupts, sendCommand, waitForStatus } from "../support/command.ts";
import { proposal } from "../support/plain-agent.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

const Research = Annotation.Root({ topic: Annotation<string>(), found: Annotation<string>() });

test("a graph that is a step's tool asks through the server, and goes on in it with the answer", async () => {
  await using directory = await temporaryDirectory();
  let looked = 0;
  const graph = new StateGraph(Research)
    .addNode("look", () => {
      looked += 1;
      return {};
    })
    .addNode("ask", ({ topic }) => ({ found: `${topic}: ${interrupt({ type: "depth", topic })}` }))
    .addEdge(START, "look")
    .addEdge("look", "ask")
    .addEdge("ask", END)
    .compile();
  const research = tool(async ({ topic }, config) => (await graph.invoke({ topic }, config)).found, {
    name: "research",
    description: "Researches.",
    schema: z.object({ topic: z.string() }),
  });
  const step = { id: "r", title: "Research", why: "", tool: "research", args: { topic: "ponds" } };
  const model = new ScriptedModel({
    script: (_messages, tools) =>
      tools.includes("propose_plan") ? { calls: [proposal([step])] } : { text: "Done." },
  });
  const agent = createPlanAgent({ model, tools: [research] });
  await using server = await serve({ graphs: { agent }, directory: directory.path });
  const threadId = crypto.randomUUID();
  const input = { messages: [{ role: "user", content: "Research ponds" }] };
  await sendCommand(server.url, threadId, { method: "run.start", params: { assistant_id: "agent", input } });
  const open = async () => openInterrupts(await waitForStatus(server.url, threadId, "interrupted"));
  const [review] = await open();
  const answer = (id: string | undefined, response: unknown) =>
    sendCommand(server.url, threadId, { method: "input.respond", params: { interrupt_id: id, response } });
  const { digest } = (review?.value.plan ?? {}) as { digest?: string };
  await answer(review?.id, { type: "approve", digest });
  await expect.poll(async () => (await open())[0]?.value.type).toBe("depth");
  const [asked] = await open();
  expect(asked?.value).toEqual({ type: "depth", topic: "ponds" });
  await answer(asked?.id, "deep");
  await waitForStatus(server.url, threadId, "idle");
  const { values } = await getJson<{ values: { steps: Record<string, unknown> } }>(
    `${server.url}/threads/${threadId}/state`,
  );
  expect(values.steps.r).toMatchObject({ status: "done", output: "ponds: deep" });
  expect(looked).toBe(1);
});
