import type { Json, JsonObject } from "../protocol/json.ts";
import { isRecord } from "../protocol/json.ts";
import type { WireInterrupt } from "../protocol/shapes.ts";
import type { Random } from "./random.ts";

/**
 * What somebody answers who does not care: any good answer, chosen at random. Plans are mostly approved, or
 * nothing would ever run; other questions get `{ approve: true | false }`.
 */
export function chooseAnswer({ value }: WireInterrupt, random: Random): Json {
  if (isRecord(value) && value.type === "effect_in_doubt") {
    const type = random.pick(["retry", "done", "skip", "stop"]);
    return type === "done" ? { type, result: "by hand" } : { type };
  }
  if (isRecord(value) && value.type === "plan_review") return decide(value.plan as JsonObject, random);
  return { approve: random.next() < 0.5 };
}

function decide(plan: JsonObject, random: Random): Json {
  const chance = random.next();
  if (chance < 0.05) return cancelPlan();
  if (chance < 0.15) return editPlan(plan);
  return chance < 0.3 && Number(plan.revision) < 3 ? rejectPlan(plan) : approvePlan(plan);
}

export function approvePlan({ digest }: JsonObject): JsonObject {
  return { type: "approve", digest: digest as string };
}

export function rejectPlan({ digest }: JsonObject): JsonObject {
  return { type: "reject", digest: digest as string, feedback: "Another way, please." };
}

export function cancelPlan(): JsonObject {
  return { type: "cancel", reason: "not now" };
}

/** The plan as it is, but for the title of its first step, so that it is a plan of its own. */
export function editPlan(plan: JsonObject): JsonObject {
  const steps = (plan.steps as JsonObject[]).map(({ risk: _, ...step }) => step);
  const [first, ...rest] = steps;
  const { digest, title, summary, assumptions } = plan as Record<string, Json>;
  const edited = { title, summary, assumptions, steps: [{ ...first, title: "Edited by hand" }, ...rest] };
  return { type: "edit", digest, plan: edited } as JsonObject;
}
