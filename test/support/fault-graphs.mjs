// What the servers of the fault tests serve: the real plan agent over a scripted model, and a graph with
// parallel and nested questions. Their tools leave traces in files, for a test to see from outside.
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { tool } from "@langchain/core/tools";
import { Annotation, END, Send, START, StateGraph } from "@langchain/langgraph";
import { createPlanAgent } from "countersign/agent";
import { ask, EffectSkippedError, effect } from "countersign/effects";
import { ledgerTool, ScriptedModel } from "countersign/testing";
import { z } from "zod";

/** A plan of three steps: two that may run at once, then one; two of them must not run twice. */
const steps = [
  { id: "s1", title: "Book it", why: "Asked for", tool: ledgerTool, args: { line: "first" }, after: [] },
  {
    id: "s2",
    title: "Write it down",
    why: "Asked for",
    tool: "write_note",
    args: { text: "so far so good" },
    after: [],
  },
  {
    id: "s3",
    title: "Book it too",
    why: "Asked for",
    tool: ledgerTool,
    args: { line: "second" },
    after: ["s1", "s2"],
  },
];

/** @param {{ directory: string, ledger: string, delayMs: number }} options */
export function createFaultGraphs({ directory, ledger, delayMs }) {
  /** Takes a moment before and after, as services do: the moment in which a crash leaves a doubt. */
  const book = async ({ threadId, idempotencyKey, line }) => {
    await wait(5 * delayMs);
    appendFileSync(ledger, `${JSON.stringify({ threadId, idempotencyKey, line })}\n`);
    await wait(5 * delayMs);
  };
  return {
    agent: createAgent({ directory, book, delayMs }),
    letters: createLetters(book),
    timed: createTimed(),
  };
}

function createAgent({ directory, book, delayMs }) {
  let revision = 0;
  const model = new ScriptedModel({
    ...(delayMs > 0 ? { pause: () => wait(delayMs) } : {}),
    script: (messages, tools) => {
      if (!tools.includes("propose_plan")) return { text: "All of it was done, as far as I can tell." };
      revision += 1;
      const title = `Plan ${revision} for ${messages.length} messages`;
      return {
        text: "Let me think.",
        calls: [{ name: "propose_plan", args: { title, summary: "Books.", steps } }],
      };
    },
  });
  const tools = [
    tool(
      async ({ text }, config) => {
        writeFileSync(join(directory, `${config.configurable.thread_id}.txt`), text);
        return "written";
      },
      {
        name: "write_note",
        description: "Writes a note; the same again changes nothing.",
        schema: z.object({ text: z.string() }),
        metadata: { annotations: { destructiveHint: false, idempotentHint: true, openWorldHint: false } },
      },
    ),
    tool(
      async ({ line }, { configurable }) => {
        const { idempotencyKey } = configurable.countersign_call;
        await book({ threadId: configurable.thread_id, idempotencyKey, line });
        return `booked ${line}`;
      },
      {
        name: ledgerTool,
        description: "Books a line; the same again books it twice.",
        schema: z.object({ line: z.string() }),
        metadata: { annotations: { destructiveHint: true, idempotentHint: false, openWorldHint: false } },
      },
    ),
  ];
  return createPlanAgent({ model, tools });
}

/**
 * The plan agent over tools of MCP servers: branches that run at once, a step that fails, one that is seen again.
 *
 * @param tools - `record_here` and `record_there`
 */
export function createRecordingAgent(tools) {
  const step = (id, tool, after, line = id) => ({
    id,
    title: `Write ${id}`,
    why: "",
    tool,
    args: { line },
    after,
  });
  const steps = [
    step("a1", "record_here", []),
    step("b1", "record_there", []),
    step("c1", "record_there", [], "broken"),
    step("a2", "record_there", ["a1"], "seen"),
    step("b2", "record_here", ["b1"]),
    step("end", "record_here", ["a2", "b2", "c1"]),
  ];
  const model = new ScriptedModel({
    script: (_messages, bound) =>
      bound.includes("propose_plan")
        ? { calls: [{ name: "propose_plan", args: { title: "Write", summary: "", steps } }] }
        : { text: "It is written." },
  });
  const policy = [{ tool: "record_there", args: { line: "seen" }, ask: "always" }];
  return createPlanAgent({ model, tools, policy });
}

const append = (before, after) => [...before, ...after];
const Letters = Annotation.Root({
  letters: Annotation({ reducer: (_before, after) => after, default: () => [] }),
  done: Annotation({ reducer: append, default: () => [] }),
});

/** Asks about every letter at once, then once more inside a subgraph, where it also books. */
function createLetters(book) {
  const responseSchema = z.object({ approve: z.boolean() });
  const perform = async (config, key, idempotent = false) => {
    try {
      const about = { title: `Book ${key}` };
      return await effect(config, { key, idempotent, about }, async ({ idempotencyKey }) => {
        if (!idempotent) await book({ threadId: config.configurable.thread_id, idempotencyKey, line: key });
        return `booked ${key}`;
      });
    } catch (error) {
      if (error instanceof EffectSkippedError) return `skipped ${key}`;
      throw error;
    }
  };
  const inner = new StateGraph(Letters)
    .addNode("prepare", () => ({ done: ["prepared"] }))
    .addNode("gate", () => ({ done: [`gate ${ask({ deep: true }, { responseSchema }).approve}`] }))
    .addNode("act", async (_state, config) => ({ done: [await perform(config, "inner")] }))
    .addEdge(START, "prepare")
    .addEdge("prepare", "gate")
    .addEdge("gate", "act")
    .addEdge("act", END)
    .compile();
  return new StateGraph(Letters)
    .addNode("review", ({ letter }) => ({
      done: [`${letter} ${ask({ letter }, { responseSchema }).approve}`],
    }))
    .addNode("inner", inner)
    .addNode("after", async (_state, config) => ({
      done: [await perform(config, "after"), await perform(config, "noted", true)],
    }))
    .addConditionalEdges(START, ({ letters }) => letters.map((letter) => new Send("review", { letter })), [
      "review",
    ])
    .addEdge("review", "inner")
    .addEdge("inner", "after")
    .addEdge("after", END);
}

/** Waits an hour for an answer, and then takes "too late" for one. */
function createTimed() {
  const State = Annotation.Root({ said: Annotation({ reducer: append, default: () => [] }) });
  return new StateGraph(State)
    .addNode("gate", () => {
      const options = {
        expiresAt: new Date(Date.now() + 3_600_000),
        onExpiry: { type: "answer", value: "late" },
      };
      return { said: [ask({ hurry: true }, options)] };
    })
    .addEdge(START, "gate")
    .addEdge("gate", END);
}
