import { randomUUID } from "node:crypto";
import { type AIMessage, type BaseMessage, ToolMessage } from "@langchain/core/messages";
import { isRecord } from "../protocol/json.ts";
import { callTool } from "./call-tool.ts";
import { type AgentContext, type NodeConfig, tell } from "./context.ts";
import type { Plan, PlanStep } from "./plan.ts";
import { contractOf, type Judged, judgeProposal, proposePlanName } from "./proposal.ts";

/** The revision being written, the one before it, and the steps of that one which must stay as they are. */
export interface Target {
  id: string;
  revision: number;
  previous: Plan | null;
  keep: string[];
  /** Steps of that one which are done: they stay, and do not run again. */
  done: PlanStep[];
}

interface Turn {
  context: AgentContext;
  config: NodeConfig;
  target: Target;
  said: BaseMessage[];
}

/**
 * Answers the tool calls of a message: reading tools with their result, everything that is not allowed
 * with why, a valid proposal with nothing yet: that answer is the person's.
 *
 * @returns the plan; `"invalid"` when a proposal was not valid; undefined when there was none.
 */
export async function answerCalls(message: AIMessage, turn: Turn): Promise<Plan | "invalid" | undefined> {
  const { config, said } = turn;
  let verdict: Plan | "invalid" | undefined;
  for (const call of message.tool_calls ?? []) {
    const reply = ({ text, isError }: { text: string; isError: boolean }) => {
      const status = isError ? { status: "error" as const } : {};
      said.push(
        new ToolMessage({
          id: randomUUID(),
          tool_call_id: call.id ?? "",
          name: call.name,
          content: text,
          ...status,
        }),
      );
    };
    if (call.name !== proposePlanName) {
      reply(await readNow(call, turn));
    } else if (typeof verdict === "object") {
      reply({
        text: JSON.stringify({ error: "One plan at a time: the first one is shown." }),
        isError: true,
      });
    } else {
      const judged = judge(call.args, turn);
      if ("plan" in judged) {
        verdict = judged.plan;
        const { id, revision } = judged.plan;
        tell(config, "plan", `${id}/${revision}`, { revision, plan: judged.plan });
      } else {
        verdict = "invalid";
        reply({ text: JSON.stringify({ error: judged.issues.join("; ") }), isError: true });
      }
    }
  }
  return verdict;
}

async function readNow(
  { id = randomUUID(), name, args }: { id?: string; name: string; args: Record<string, unknown> },
  { context, config }: Turn,
): Promise<{ text: string; isError: boolean }> {
  if (!context.specs.some((spec) => spec.name === name && spec.risk === "read")) {
    const text = `${name} may only run as a step of a plan that the person approved. Propose it with propose_plan.`;
    return { text, isError: true };
  }
  try {
    return { text: await callTool(context, { id, name, args }, config), isError: false };
  } catch (error) {
    config.signal?.throwIfAborted();
    return { text: error instanceof Error ? error.message : String(error), isError: true };
  }
}

/** The proposal as a plan; steps that the person keeps must be word for word the same. */
function judge(args: unknown, { context, target }: Turn): Judged {
  const { id, revision, previous, keep, done } = target;
  const judged = judgeProposal(withDone(args, done), context.specs, { id, revision });
  if (!("plan" in judged) || previous === null) return judged;
  const kept = new Map(previous.steps.filter(({ id }) => keep.includes(id)).map((step) => [step.id, step]));
  const issues = [...kept.values()].flatMap((before) => {
    const after = judged.plan.steps.find((step) => step.id === before.id);
    if (contractOf(before) === contractOf(after)) return [];
    return [`the person keeps step ${before.id} as it was: ${contractOf(before)}`];
  });
  if (issues.length > 0) return { issues };
  const { plan } = judged;
  // Word for word: title and reason too, which the contract does not cover.
  return { plan: { ...plan, steps: plan.steps.map((step) => kept.get(step.id) ?? step) } };
}

/** What has happened stays in the plan as it was, whether the model repeats it, changes it or leaves it out. */
function withDone(args: unknown, done: readonly PlanStep[]): unknown {
  if (done.length === 0 || !isRecord(args) || !Array.isArray(args.steps)) return args;
  const written: unknown[] = args.steps;
  const idOf = (step: unknown) => (isRecord(step) ? step.id : undefined);
  const ids = new Set(written.map(idOf));
  const steps = [
    ...done.filter(({ id }) => !ids.has(id)),
    ...written.map((step) => done.find(({ id }) => id === idOf(step)) ?? step),
  ];
  const all = new Set(steps.map(idOf));
  const kept = (step: unknown) =>
    done.includes(step as PlanStep)
      ? { ...(step as PlanStep), after: (step as PlanStep).after.filter((id) => all.has(id)) }
      : step;
  return { ...args, steps: steps.map(kept) };
}
