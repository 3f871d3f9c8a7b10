import { AIMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import {
  END,
  type LangGraphRunnableConfig,
  MessagesAnnotation,
  START,
  StateGraph,
} from "@langchain/langgraph";
import { z } from "zod";
import { ScriptedModel } from "../../src/testing/index.ts";
import { createApprovalAgent, type Ran } from "./approval-agent.ts";
import { createAskGraph, createNestedGraph, createParallelGraph, createTalkGraph } from "./graphs.ts";
import { createChatGraph, createGate } from "./site-graphs.ts";

/**
 * A tool that says how far it is while it works, or throws, called by a node that writes to the stream besides:
 * the state's only question is what to look for.
 */
export function createToolGraph() {
  const look = tool(
    ({ for: wanted }, config) => {
      if (wanted === "trouble") throw new Error("found trouble");
      (config as LangGraphRunnableConfig).writer?.({ halfway: wanted });
      return `Found ${wanted}.`;
    },
    { name: "look", description: "Looks.", schema: z.object({ for: z.string() }) },
  );
  return new StateGraph(MessagesAnnotation)
    .addNode("tools", async ({ messages }, config) => {
      const wanted = String(messages.at(-1)?.content);
      config.writer?.({ name: "progress", payload: { looking: wanted } });
      const call = { id: `call-${wanted}`, name: "look", args: { for: wanted }, type: "tool_call" as const };
      const asked = new AIMessage({ content: "", tool_calls: [call] });
      const found = await look
        .invoke(call, config)
        .catch((error: Error) => new ToolMessage({ content: error.message, tool_call_id: call.id }));
      return { messages: [asked, found as ToolMessage] };
    })
    .addEdge(START, "tools")
    .addEdge("tools", END);
}

/** A graph whose schema says what it takes. */
function createSumGraph() {
  return new StateGraph(z.object({ a: z.number(), b: z.number().default(0) }))
    .addNode("add", ({ a }) => ({ b: a + 1 }))
    .addEdge(START, "add")
    .addEdge("add", END);
}

/** Graphs between which everything occurs that the protocols have a word for. */
export function createRowGraphs() {
  const gate = createGate();
  const ran: Ran[] = [];
  const failing = new ScriptedModel({
    script: () => {
      throw new RangeError("kaboom");
    },
  });
  const graphs = {
    ask: createAskGraph(),
    chat: createChatGraph(gate),
    letters: createParallelGraph(),
    nested: createNestedGraph(),
    agent: createApprovalAgent({ ran }) as never,
    tools: createToolGraph(),
    sum: createSumGraph(),
    failing: createTalkGraph(failing),
  };
  return { graphs, gate, ran };
}
