import type { Plan, PlanStep } from "countersign/agent";
import { words } from "./words.ts";

/** Rules name steps by id; the person sees them by number. */
export function inNumbers(step: PlanStep, { steps }: Pick<Plan, "steps">): PlanStep {
  if (step.late === undefined) return step;
  const numbers = new Map(steps.map(({ id }, index) => [id, index + 1]));
  const toNumber = (word: string) => {
    const number = numbers.get(word);
    return number === undefined ? word : words.step.named(number);
  };
  const late = Object.entries(step.late).map(([name, rule]) => [name, rule.replace(/[\w-]+/g, toNumber)]);
  return { ...step, late: Object.fromEntries(late) };
}
