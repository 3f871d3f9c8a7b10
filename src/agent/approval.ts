import type { Receipt } from "../effects/index.ts";
import { isRecord } from "../protocol/json.ts";
import type { ToolSpec } from "../tools/index.ts";
import type { Decision, Plan, PlanStep } from "./plan.ts";
import { contractOf, judgeProposal } from "./proposal.ts";

/**
 * The plan a person approved under this digest (invariant 8), or undefined when nobody did.
 *
 * Where a server keeps receipts, only they count: the plan is taken from the question that was answered,
 * or from the answer that edited it, never from the graph's state, which others can write. Without a
 * server, the decision that came back from the interrupt serves.
 */
export function approvedPlan(
  digest: string,
  receipts: readonly Receipt[] | undefined,
  fallback: { plan: Plan; decisions: readonly Decision[] },
  specs: readonly ToolSpec[],
): Plan | undefined {
  if (receipts === undefined) {
    const { plan, decisions } = fallback;
    const isApproved = decisions.some(
      (decision) => decision.digest === digest && (decision.type === "approve" || decision.type === "edit"),
    );
    return isApproved && plan.digest === digest ? plan : undefined;
  }
  for (const { question, answer } of receipts) {
    if (!isRecord(question) || question.type !== "plan_review" || !isRecord(answer)) continue;
    const asked = question.plan as Plan;
    if (answer.type === "approve" && asked.digest === digest) return asked;
    if (answer.type !== "edit") continue;
    const judged = judgeProposal(answer.plan, specs, { id: asked.id, revision: asked.revision + 1 });
    if ("plan" in judged && judged.plan.digest === digest) return judged.plan;
  }
  return undefined;
}

/** True when the step does exactly what the approved plan's step of that id does. */
export function isInContract(step: PlanStep, plan: Plan): boolean {
  const approved = plan.steps.find(({ id }) => id === step.id);
  return approved !== undefined && contractOf(approved) === contractOf(step);
}
