import { tool } from "@langchain/core/tools";
import { expect } from "vitest";
import { z } from "zod";
import { createPlanAgent, type Plan, type PlanAgentOptions, type StepState } from "../../src/agent/index.ts";
import { ScriptedModel } from "../../src/testing/index.ts";
import { getJson, openInterrupts, sendCommand, waitForStatus } from "./command.ts";
import { serve } from "./serve.ts";

/** A call that a tool has received. */
export interface Received {
  tool: string;
  text: string;
  to?: string;
  key: string;
}

export interface ToolSetup {
  /** Awaited, or thrown, when a tool is called; by number of the call. */
  behave?: (call: Received, number: number, signal: AbortSignal | undefined) => unknown;
  description?: string;
}

const annotations = {
  look: { readOnlyHint: true },
  note: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  burn: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
  mail: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
};

/** Tools of every risk that keep a list of what they were called with. */
export function createTools(received: Received[], { behave, description = "" }: ToolSetup = {}) {
  return Object.entries(annotations).map(([name, hints]) => {
    const made = tool(
      async ({ text, to }: { text: string; to?: string }, config) => {
        const key = String(config.configurable?.countersign_call?.idempotencyKey);
        const call = { tool: name, text, ...(to ? { to } : {}), key };
        received.push(call);
        const said = await behave?.(call, received.length, config.signal);
        return typeof said === "string" ? said : `${name}: ${text}`;
      },
      {
        name,
        description: `Does ${name}. ${description}`,
        schema: z.object({ text: z.string(), to: z.string().optional() }),
      },
    );
    made.metadata = { annotations: hints, contentArguments: ["text"] };
    return made;
  });
}

export const step = (id: string, name = "note", more: Record<string, unknown> = {}) => ({
  id,
  title: `Step ${id}`,
  why: "",
  tool: name,
  args: { text: id },
  ...more,
});

/** A model that proposes these plans one after the other, fills late arguments with `fill`, and sums up. */
export function scriptedPlanner(plans: unknown[][], fill: () => string = () => "filled") {
  let turn = 0;
  return new ScriptedModel({
    script: (_messages, tools) => {
      if (tools.includes("fill_arguments"))
        return { calls: [{ name: "fill_arguments", args: { text: fill() } }] };
      if (!tools.includes("propose_plan")) return { text: "That is all." };
      const steps = plans[turn];
      turn += 1;
      return { calls: [{ name: "propose_plan", args: { title: "Plan", summary: "", steps } }] };
    },
  });
}

export interface OpenQuestion {
  id: string;
  value: Record<string, unknown> & { type: string; plan: Plan; step: Plan["steps"][0] };
}

/** The plan agent on a server of its own, and one thread on it. */
export async function servePlanAgent(options: PlanAgentOptions, directory: string) {
  const server = await serve({ graphs: { agent: createPlanAgent(options) }, directory });
  const { url } = server;
  let threadId = crypto.randomUUID() as string;
  const chat = {
    url,
    get threadId() {
      return threadId;
    },
    /** Goes on with another thread. */
    onThread(id: string) {
      threadId = id;
      return chat;
    },
    ask: (content = "Do it") =>
      sendCommand(url, threadId, {
        method: "run.start",
        params: { assistant_id: "agent", input: { messages: [{ role: "user", content }] } },
      }),
    /** The open questions, once the thread waits for an answer. */
    async questions(): Promise<OpenQuestion[]> {
      return openInterrupts(await waitForStatus(url, threadId, "interrupted")) as unknown as OpenQuestion[];
    },
    async question(): Promise<OpenQuestion> {
      const open = await chat.questions();
      expect(open.map(({ value }) => value.type)).toHaveLength(1);
      return open[0] as OpenQuestion;
    },
    answer: (
      question: OpenQuestion,
      response: Record<string, unknown>,
      headers: Record<string, string> = {},
    ) =>
      sendCommand(url, threadId, {
        method: "input.respond",
        params: { interrupt_id: question.id, response },
        headers,
      }),
    async approve(more: Record<string, unknown> = {}): Promise<void> {
      const question = await chat.question();
      expect(question.value.type).toBe("plan_review");
      const { digest } = question.value.plan;
      const reply = await chat.answer(question, { type: "approve", digest, ...more });
      expect(reply.type).toBe("success");
    },
    async values(): Promise<{
      plan: Plan;
      steps: Record<string, StepState>;
      messages: Record<string, unknown>[];
    }> {
      const { values } = await getJson<{ values: never }>(`${url}/threads/${threadId}/state`);
      return values;
    },
    async finished() {
      await waitForStatus(url, threadId, "idle");
      return chat.values();
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return chat;
}

/** Step ids with their status, in a form that is easy to compare. */
export const statuses = (steps: Record<string, StepState>) =>
  Object.entries(steps)
    .map(([id, { status }]) => `${id} ${status}`)
    .sort();
