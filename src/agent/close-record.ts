import { AIMessage, type BaseMessage, ToolMessage } from "@langchain/core/messages";
import { fairShare, shorten } from "./history.ts";
import { answerTo, type PlanRecord } from "./human-decision.ts";
import type { Plan } from "./plan.ts";
import { proposePlanName } from "./proposal.ts";
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
export function closeLeft(
  { messages, plan, decisions, steps, usage }: PlanAgentValues,
  budget: number,
): ToolMessage[] {
  if (plan === null || isAnswered(messages)) return [];
  const decision = decisions.findLast(({ digest }) => digest === plan.digest);
  if (decision?.type !== "approve" && decision?.type !== "edit") return [];
  return [closeRecord(messages, { plan, decision, steps, usage }, budget)];
}

/** True when the last proposal has its answer. */
function isAnswered(messages: readonly BaseMessage[]): boolean {
  const calls = messages.flatMap((message) =>
    AIMessage.isInstance(message) ? (message.tool_calls ?? []) : [],
  );
  const proposal = calls.findLast(({ name }) => name === proposePlanName);
  return messages.some((message) => ToolMessage.isInstance(message) && message.tool_call_id === proposal?.id);
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
    const { status = "waiting", output, error, filled = {} } = steps[id] ?? {};
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
    };
  });
}
