import { AIMessage, type BaseMessage, ToolMessage } from "@langchain/core/messages";
import { answerTo, type PlanRecord } from "./human-decision.ts";
import type { Plan } from "./plan.ts";
import { proposePlanName } from "./proposal.ts";
import type { PlanAgentValues } from "./state.ts";
import type { StepState } from "./step-state.ts";

/** Characters of all outputs together that go to the model; each step gets an equal share, longer ones are cut. */
const resultsBudget = 60_000;

/** The answer to the proposal of a plan that was run: its decision, and how each step went. */
export function closeRecord(
  messages: readonly BaseMessage[],
  record: PlanRecord & { steps: PlanAgentValues["steps"] },
): ToolMessage {
  const { plan, decision, steps } = record;
  const { type, feedback, reason, step } = decision;
  const said = Object.fromEntries(
    Object.entries({ feedback, reason, step }).filter(([, value]) => value !== undefined),
  );
  return answerTo(messages, { decision: type, ...said, results: toResults(plan, steps) }, record);
}

/**
 * The record of a plan that was approved and then left half-way (its run was stopped, and the person asked for
 * something else): the model and the person must not take it for one that nobody decided on.
 */
export function closeLeft({ messages, plan, decisions, steps }: PlanAgentValues): ToolMessage[] {
  if (plan === null || isAnswered(messages)) return [];
  const decision = decisions.findLast(({ digest }) => digest === plan.digest);
  if (decision?.type !== "approve" && decision?.type !== "edit") return [];
  return [closeRecord(messages, { plan, decision, steps })];
}

/** True when the last proposal has its answer. */
function isAnswered(messages: readonly BaseMessage[]): boolean {
  const calls = messages.flatMap((message) =>
    AIMessage.isInstance(message) ? (message.tool_calls ?? []) : [],
  );
  const proposal = calls.findLast(({ name }) => name === proposePlanName);
  return messages.some((message) => ToolMessage.isInstance(message) && message.tool_call_id === proposal?.id);
}

function toResults(plan: Plan, steps: Record<string, StepState>) {
  const share = Math.max(500, Math.floor(resultsBudget / plan.steps.length));
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

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}\n[cut: ${text.length} characters in all]`;
}
