import type { Plan } from "countersign/agent";
import type { Question } from "./questions.ts";

/**
 * The plan that may be approved beside others, without opening its thread: every step only reads, or adds
 * something and takes nothing away. Null for all else.
 */
export function lowRiskPlan(question: Question): Plan | null {
  if (question.kind !== "plan") return null;
  const { plan, allowed } = question.review;
  if (!allowed?.includes("approve") || plan.steps.length === 0) return null;
  return plan.steps.every(({ risk }) => risk === "read" || risk === "write") ? plan : null;
}
