import { type BaseMessage, ToolMessage } from "@langchain/core/messages";
import { findEffects, type RecordedEffect } from "../effects/index.ts";
import type { NodeConfig } from "./context.ts";
import { triesSaid } from "./contract.ts";
import { fairShare, shorten } from "./history.ts";
import { answerTo, type PlanRecord } from "./human-decision.ts";
import { lastProposal } from "./model-messages.ts";
import { toOutput } from "./outputs.ts";
import { effectKey } from "./perform-step.ts";
import type { Plan } from "./plan.ts";
import { statusOf } from "./schedule.ts";
import type { PlanAgentValues } from "./state.ts";
import type { StepState } from "./step-state.ts";

/**
 * The answer to the proposal of a plan that was run: its decision, and how each step went.
 *
 * @param budget - Characters of all outputs together that go to the model; long ones are cut.
 */
export function closeRecord(
  messages: readonly BaseMessage[],
  record: PlanRecord & { steps: PlanAgentValues["steps"] },
  budget: number,
): ToolMessage {
  const { plan, decision, steps } = record;
  const { type, feedback, reason, step } = decision;
  const said = Object.fromEntries(
    Object.entries({ feedback, reason, step }).filter(([, value]) => value !== undefined),
  );
  return answerTo(messages, { decision: type, ...said, results: toResults(plan, steps, budget) }, record);
}

/**
 * The record of a plan that was approved and then left half-way (its run was stopped, and the person asked for
 * something else): the model and the person must not take it for one that nobody decided on.
 */
export async function closeLeft(
  { messages, plan, decisions, steps, usage }: PlanAgentValues,
  budget: number,
  config: NodeConfig,
): Promise<ToolMessage[]> {
  if (plan === null || isAnswered(messages)) return [];
  const decision = decisions.findLast(({ digest }) => digest === plan.digest);
  if (decision?.type !== "approve" && decision?.type !== "edit") return [];
  const ended = await whatBecameOf(plan, steps, config);
  return [closeRecord(messages, { plan, decision, steps: ended, usage }, budget)];
}

/**
 * The steps with what the record of effects says of those that the state shows as waiting: what ended in a
 * super-step that was stopped never reached the state.
 */
async function whatBecameOf(
  plan: Plan,
  steps: PlanAgentValues["steps"],
  config: NodeConfig,
): Promise<PlanAgentValues["steps"]> {
  const open = plan.steps.filter(({ id }) => ["waiting", "running"].includes(statusOf(steps, id)));
  const keys = open.map(({ id }) => effectKey(plan.digest, id, triesSaid(steps[id]?.rulings ?? []) + 1));
  const known = new Map((await findEffects(config, keys)).map((effect) => [effect.key, effect]));
  const found = open.flatMap(({ id }, index) => {
    const effect = known.get(keys[index] ?? "");
    return effect ? [[id, { ...steps[id], ...toEnded(effect) }] as const] : [];
  });
  return { ...steps, ...Object.fromEntries(found) };
}

function toEnded({ status, result }: RecordedEffect): StepState {
  if (status === "finished") return { status: "done", ...toOutput(result) };
  if (status === "skipped")
    return { status: "skipped", error: "It may have run; a person went on without it." };
  if (status === "failed") return { status: "failed", error: String(result) };
  return {
    status: "failed",
    error: "It was stopped while it ran. It may have happened, wholly or in part.",
    uncertain: true,
  };
}

/** True when the last proposal has its answer. */
function isAnswered(messages: readonly BaseMessage[]): boolean {
  const proposal = lastProposal(messages);
  return messages.some((message) => ToolMessage.isInstance(message) && message.tool_call_id === proposal);
}

function toResults(plan: Plan, steps: Record<string, StepState>, budget: number) {
  const texts = plan.steps.flatMap(({ id }) => {
    const { output = "", filled = {} } = steps[id] ?? {};
    return [output, ...Object.values(filled).map(String)];
  });
  const share = fairShare(
    texts.map(({ length }) => length),
    budget,
  );
  return plan.steps.map(({ id, title, tool, args }) => {
    const { status = "waiting", output, error, uncertain, filled = {} } = steps[id] ?? {};
    return {
      step: id,
      title,
      tool,
      args,
      filled: Object.fromEntries(
        Object.entries(filled).map(([name, value]) => [name, shorten(String(value), share)]),
      ),
      status,
      ...(output === undefined ? {} : { output: shorten(output, share) }),
      ...(error === undefined ? {} : { error }),
      ...(uncertain ? { uncertain } : {}),
    };
  });
}
