import { AIMessage, SystemMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { Annotation, END, interrupt, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { z } from "zod";
import { defaultPrompts, type PlanReview, planProposalSchema } from "../../src/agent/index.ts";
import type { Script } from "../../src/testing/index.ts";
import { plainAgent, proposal, type Turn, writing } from "../support/plain-agent.ts";

const plans =
  (...steps: Record<string, unknown>[]): Script =>
  (_messages, tools) =>
    tools.includes("propose_plan") ? { calls: [proposal(steps)] } : { text: "Done." };
const reviewOf = (turn: Turn) => turn.__interrupt__?.[0]?.value as unknown as PlanReview;

test("prompts of one's own take the place of ours, one by one", async () => {
  const systems: string[] = [];
  const agent = plainAgent({
    script: (messages, tools) => {
      systems.push(messages.find((message) => SystemMessage.isInstance(message))?.text ?? "");
      return tools.length > 0 ? { calls: [proposal([writing("a", "x")])] } : { text: "Done." };
    },
    prompts: { planning: (specs) => `${defaultPrompts.planning(specs)}\n- Speak Latin.`, closing: "Vale." },
  });
  const { plan } = await agent.say("Write");
  await agent.answer({ type: "approve", digest: plan?.digest });
  expect(systems[0]).toMatch(/propose_plan[\s\S]*write_note[\s\S]*Speak Latin\.$/);
  expect(systems[1]).toBe("Vale.");
});

test("nodes of one's own take the place of ours, or wrap them", async () => {
  const agent = plainAgent({
    script: plans(writing("a", "x")),
    nodes: ({ generate_plan }) => ({
      generate_plan: async (state, config) => {
        const update = await generate_plan(state, config);
        return update.plan ? { ...update, plan: { ...update.plan, title: "Wrapped" } } : update;
      },
      summarize: async () => ({ messages: [new AIMessage("My own words.")] }),
    }),
  });
  const { plan } = await agent.say("Write");
  expect(plan?.title).toBe("Wrapped");
  const end = await agent.answer({ type: "approve", digest: plan?.digest });
  expect(agent.diary).toEqual(["a: x"]);
  expect(end.messages.at(-1)?.text).toBe("My own words.");
});

test("the schema of a proposal is there for whoever writes one", () => {
  expect(planProposalSchema.safeParse({ title: "t", steps: [writing("a", "x")] }).success).toBe(true);
  expect(planProposalSchema.safeParse({ title: "t", steps: [] }).success).toBe(false);
});

const Research = Annotation.Root({ topic: Annotation<string>(), found: Annotation<string>() });

/** A graph of one's own as a tool: called with the config, so that it streams, stops and is found with the step. */
function asTool(graph: { invoke(input: never, config: never): Promise<unknown> }) {
  return tool(
    async ({ topic }, config) => {
      const { found } = (await graph.invoke({ topic } as never, config as never)) as { found: string };
      return found;
    },
    { name: "research", description: "Researches.", schema: z.object({ topic: z.string() }) },
  );
}

const researching = {
  id: "r",
  title: "Research",
  why: "",
  tool: "research",
  args: { topic: "ponds" },
};

test("a graph of one's own is a step's tool, and what it streams comes out with the step", async () => {
  const graph = new StateGraph(Research)
    .addNode("look", ({ topic }, config) => {
      config.writer?.({ looked: topic });
      return { found: `all about ${topic}` };
    })
    .addEdge(START, "look")
    .addEdge("look", END)
    .compile();
  const agent = plainAgent({ script: plans(researching), tools: [asTool(graph)] });
  const review = reviewOf(await agent.say("Research ponds"));
  const stream = await agent.graph.stream(
    agent.resume({ type: "approve", digest: review.plan.digest }) as never,
    { ...agent.config, streamMode: ["custom", "updates"], subgraphs: true },
  );
  const seen: string[] = [];
  for await (const [namespace, mode, chunk] of stream as AsyncIterable<[string[], string, object]>) {
    if (mode === "custom" && "looked" in chunk)
      seen.push(`${namespace.length > 0 ? "inside" : "root"} custom`);
    if (mode === "updates" && "look" in chunk) seen.push("inside look");
  }
  expect(new Set(seen)).toEqual(new Set(["inside custom", "inside look"]));
  const { values } = await agent.graph.getState(agent.config);
  expect(values.steps.r).toMatchObject({ status: "done", output: "all about ponds" });
});

test("stopping the run stops a graph that is a step's tool", async () => {
  const stop = new AbortController();
  let isStopped = false;
  const graph = new StateGraph(Research)
    .addNode("look", async (_state, config) => {
      stop.abort();
      await new Promise((_resolve, reject) => {
        const end = () => {
          isStopped = true;
          reject(new DOMException("stopped", "AbortError"));
        };
        if (config.signal?.aborted) end();
        else config.signal?.addEventListener("abort", end);
      });
      return { found: "never" };
    })
    .addEdge(START, "look")
    .addEdge("look", END)
    .compile();
  const agent = plainAgent({ script: plans(researching), tools: [asTool(graph)] });
  const review = reviewOf(await agent.say("Research ponds"));
  const resume = agent.resume({ type: "approve", digest: review.plan.digest });
  await expect(
    agent.graph.invoke(resume as never, { ...agent.config, signal: stop.signal }),
  ).rejects.toThrow();
  await expect.poll(() => isStopped).toBe(true);
});

test("a graph that is a step's tool may ask: the step waits, and goes on in it with the answer", async () => {
  let [called, looked] = [0, 0];
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
  const counting = {
    invoke: (input: never, config: never) => {
      called += 1;
      return graph.invoke(input, config);
    },
  };
  const policy = [{ tool: "research", retries: 2, retryDelayMs: 1 }];
  const agent = plainAgent({ script: plans(researching), tools: [asTool(counting)], policy });
  const review = reviewOf(await agent.say("Research ponds"));
  const asked = await agent.answer({ type: "approve", digest: review.plan.digest });
  expect(asked.__interrupt__?.[0]?.value).toEqual({ type: "depth", topic: "ponds" });
  expect(called, "to ask is not to fail: it is not tried again").toBe(1);
  const end = await agent.answer("deep");
  expect(end.steps.r).toMatchObject({ status: "done", output: "ponds: deep" });
  expect(looked).toBe(1);
});
