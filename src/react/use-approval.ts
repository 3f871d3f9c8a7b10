import type { Plan, PlanAnswer, PlanReview, PlanStep } from "countersign/agent";
import { cannotBeTakenBack } from "./risks.ts";
import type { ShownStep } from "./steps.ts";

/** An approval that was given here, while it may still be taken back. */
export interface Approval {
  interruptId: string;
  planId: string;
  /** With changes, which the server's plan has not until it begins. */
  isEdit: boolean;
  /** Steps that had run before. */
  done: readonly string[];
  /** Milliseconds since the epoch by this machine's clock; null: it was not held back. */
  startsAt: number | null;
}

/** Seconds for which a plan is held back that does what cannot be taken back. */
const holdSeconds = 4;

/** How long an approved plan waits before it begins, so that the approval can be taken back. */
export function secondsToHold({ plan }: PlanReview, answer: PlanAnswer): number {
  if (answer.type === "approve") {
    return plan.steps.some(({ risk }) => cannotBeTakenBack(risk)) ? holdSeconds : 0;
  }
  if (answer.type !== "edit") return 0;
  // Of a step that the person has added, or gave another tool, the risk is not known here: it is taken for the worst.
  const risks = new Map(plan.steps.map(({ id, tool, risk }) => [`${id} ${tool}`, risk]));
  return answer.plan.steps.some(({ id, tool }) => cannotBeTakenBack(risks.get(`${id} ${tool}`) ?? "external"))
    ? holdSeconds
    : 0;
}

export type EditedPlan = Extract<PlanAnswer, { type: "edit" }>["plan"];

/** The plan as it was approved, until the server's is. What nobody knows the risk of is taken for the worst. */
export function asEdited(
  plan: Plan,
  { title, summary, steps }: EditedPlan,
  riskOf: (tool: string) => PlanStep["risk"] | null | undefined,
): Plan {
  const known = new Map(plan.steps.map(({ tool, risk }) => [tool, risk]));
  return {
    ...plan,
    title,
    summary: summary ?? plan.summary,
    steps: steps.map((step) => ({
      ...step,
      risk: known.get(step.tool) ?? riskOf(step.tool) ?? "external",
    })),
  } as Plan;
}

/** True as long as no step of the plan has begun since it was approved. */
export function hasNotBegun({ done }: Approval, steps: Readonly<Record<string, ShownStep>>): boolean {
  return Object.entries(steps).every(([id, { status }]) => status === "waiting" || done.includes(id));
}
