import type { PlanStep } from "countersign/agent";

const risks: readonly PlanStep["risk"][] = ["read", "write", "destructive", "external"];

/** The risk that a value names, or null. */
export function riskOf(value: unknown): PlanStep["risk"] | null {
  return risks.find((one) => one === value) ?? null;
}

/** True of what may remove or replace something, or leaves this machine. */
export function cannotBeTakenBack(risk: PlanStep["risk"]): boolean {
  return risk === "destructive" || risk === "external";
}
