import type { BaseMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { z } from "zod";
import { createPlanAgent } from "../../src/agent/index.ts";
import { ScriptedModel } from "../../src/testing/index.ts";

interface Call {
  tool: string;
  args: Record<string, unknown>;
}

interface CardAgentOptions {
  /** Awaited by every call of a tool. */
  hold?: (call: Call) => Promise<void> | undefined;
  /** Awaited before each chunk of what the model says. */
  pause?: (chunk: number) => Promise<void> | undefined;
}

const note = z.object({
  path: z.string().describe("Where the note goes."),
  content: z.string(),
  copies: z.number().int().min(1).max(9).optional(),
  format: z.enum(["plain", "markdown"]).optional(),
  urgent: z.boolean().optional(),
  tags: z.array(z.string()).optional(),
});

const tools = {
  look: {
    description: "Looks something up.\nIt changes nothing.",
    schema: z.object({ path: z.string() }),
    hints: { readOnlyHint: true },
  },
  note: {
    description: "Writes a note.",
    schema: note,
    hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  },
  burn: {
    description: "Burns a note; nobody brings it back.",
    schema: z.object({ path: z.string() }),
    hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
  },
  mail: {
    description: "Sends a mail.",
    schema: z.object({ to: z.string(), text: z.string() }),
    hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  },
};

const essay = Array.from({ length: 30 }, (_, line) => `Line ${line + 1} of the long note.`).join("\n");

const step = (id: string, tool: keyof typeof tools, args: object, more: object = {}) => ({
  ...{ id, title: `Step ${id.toUpperCase()}`, why: "It is asked for.", tool, args },
  ...more,
});

const letter = step("a", "note", { path: "letter.txt", content: "Dear all, the shed is open.", copies: 2 });
const early = step("b", "look", { path: "shed.txt" });
const late = step("d", "note", { path: "sum.md" }, { late: { content: "one line on what b found" } });

/** What is planned, by a word of the request: its revisions, one after the other. */
const plans: Record<string, object[][]> = {
  revise: [
    [
      letter,
      early,
      step("c", "note", { path: "long.md", content: essay, tags: ["x", "y"] }),
      late,
      step("e", "burn", { path: "old.txt" }),
    ],
    [
      step("a", "note", { path: "letter.txt", content: "Dear neighbours, the shed is closed.", copies: 3 }),
      step("e", "burn", { path: "old.txt" }),
      step("c", "note", {
        path: "long.md",
        content: essay.replace("Line 15", "Another line 15"),
        tags: ["x"],
      }),
      step("f", "note", { path: "new.md", content: "New." }),
      { ...late, after: ["c", "f"] },
    ],
  ],
  notes: [[letter, early, step("c", "note", { path: "c.md", content: "C", urgent: true, format: "plain" })]],
  net: [
    [
      { ...letter, after: [] },
      { ...early, after: [] },
      { ...late, after: ["b"] },
    ],
  ],
  risky: [[early, step("m", "mail", { to: "all@garden.example", text: "The shed is open." })]],
  again: [[step("m", "mail", { to: "all@garden.example", text: "Hello." })]],
};

/** A plan agent whose plans are known: two revisions, tools with every kind of argument, and every risk. */
export function createCardAgent({ hold, pause }: CardAgentOptions = {}) {
  const received: Call[] = [];
  const made = Object.entries(tools).map(([name, { description, schema, hints }]) => {
    const one = tool(
      async (args: Record<string, unknown>) => {
        const call = { tool: name, args };
        received.push(call);
        await hold?.(call);
        return name === "look" ? `In ${args.path}: nothing.` : `${name}: done.`;
      },
      { name, description, schema: schema as z.ZodType<Record<string, unknown>> },
    );
    one.metadata = { annotations: hints, contentArguments: ["content"] };
    return one;
  });
  const model = new ScriptedModel({ script: reply, ...(pause ? { pause } : {}) });
  const policy = [{ tool: "mail", args: { text: "Hello." }, ask: "always" as const }];
  return { agent: createPlanAgent({ model, tools: made, policy }), received };
}

function reply(messages: BaseMessage[], bound: string[]) {
  const asked = messages.findLastIndex((message) => message.type === "human");
  const request = String(messages[asked]?.content ?? "");
  const since = messages.slice(asked);
  if (bound.includes("fill_arguments")) {
    return { calls: [{ name: "fill_arguments", args: { content: "Nothing was found." } }] };
  }
  const told = since.filter(({ name }) => name === "propose_plan").map(({ content }) => String(content));
  if (!bound.includes("propose_plan")) {
    const question = told.find((one) => one.includes('"ask"'));
    return { text: question ? "Step E is there **because** old.txt is in the way." : "That is all." };
  }
  if (!since.some(({ name }) => name === "look")) {
    return { calls: [{ name: "look", args: { path: "garden.txt" } }] };
  }
  const revisions = Object.entries(plans).find(([word]) => request.includes(word))?.[1] ?? [];
  const steps = revisions[Math.min(told.length, revisions.length - 1)] ?? [];
  const args = {
    title: "Put the garden in order",
    summary: "Afterwards everybody knows about the shed.",
    assumptions: ["The shed is locked."],
    steps,
  };
  return { calls: [{ name: "propose_plan", args }] };
}
