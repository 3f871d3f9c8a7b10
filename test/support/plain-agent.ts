import { randomUUID } from "node:crypto";
import { tool } from "@langchain/core/tools";
import { Command, MemorySaver } from "@langchain/langgraph";
import { z } from "zod";
import { createPlanAgent, type PlanAgentOptions, type PlanAgentValues } from "../../src/agent/index.ts";
import { type Script, ScriptedModel } from "../../src/testing/index.ts";

interface Asked {
  id: string;
  value: { type: string } & Record<string, unknown>;
}

/** What a turn of a conversation came to: the state, and the questions that are open. */
export type Turn = PlanAgentValues & { __interrupt__?: Asked[] };

/** Two tools over a list: one that reads, and one that writes down what it was called with. */
export function diaryTools(diary: string[] = []) {
  const read = tool(({ name }) => `${name}: nothing yet`, {
    name: "read_note",
    description: "Reads a note.",
    schema: z.object({ name: z.string() }),
    metadata: { annotations: { readOnlyHint: true } },
  });
  const write = tool(
    ({ name, text }) => {
      diary.push(`${name}: ${text}`);
      return `wrote ${name}`;
    },
    {
      name: "write_note",
      description: "Writes a note.",
      schema: z.object({ name: z.string(), text: z.string() }),
      metadata: {
        annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: false },
        contentArguments: ["text"],
      },
    },
  );
  return [read, write];
}

/** The agent with nothing of ours around it: LangGraph's own `MemorySaver`, `invoke` and `Command`. */
export function plainAgent({ script, ...options }: Partial<PlanAgentOptions> & { script?: Script }) {
  const diary: string[] = [];
  const graph = createPlanAgent({
    model: new ScriptedModel({ script: script ?? (() => ({ text: "Hello." })) }),
    tools: diaryTools(diary),
    checkpointer: new MemorySaver(),
    ...options,
  });
  const config = { configurable: { thread_id: randomUUID() } };
  const turn = async (input: unknown) => (await graph.invoke(input as never, config)) as Turn;
  return {
    diary,
    graph,
    config,
    say: (content: string) => turn({ messages: [{ role: "user", content }] }),
    resume: (resume: unknown) => new Command({ resume }),
    answer: (resume: unknown) => turn(new Command({ resume })),
  };
}

export const proposal = (steps: Record<string, unknown>[], title = "Notes") => ({
  name: "propose_plan",
  args: { title, summary: "", assumptions: [], steps },
});

export const writing = (id: string, text: string, more: Record<string, unknown> = {}) => ({
  id,
  title: `Write ${id}`,
  why: "It was asked for.",
  tool: "write_note",
  args: { name: id, text },
  ...more,
});
