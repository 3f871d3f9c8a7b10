import type { PlanStep } from "countersign/agent";
import { allowedOf, isRecord, type JsonRecord, stringsOf, textOf } from "./json.ts";
import { riskOf } from "./risks.ts";

/** A step as a question names it: what is not known of it is null, or empty. */
export interface AskedStep {
  id: string;
  title: string;
  why: string | null;
  tool: string;
  risk: PlanStep["risk"] | null;
}

interface OfPlan {
  /** The plan's title. */
  plan: string | null;
  step: AskedStep;
}

const failedChoices = ["retry", "edit", "skip", "done", "replan", "cancel"] as const;

/** A step has failed, and its tries are used up. */
export interface StepFailed extends OfPlan {
  args: JsonRecord;
  error: string;
  /** It may have happened all the same: its time was up, or the line broke. */
  isUncertain: boolean;
  tries: number | null;
  /** Ids of the steps that wait for this one. */
  dependents: string[];
  allowed: (typeof failedChoices)[number][];
}

const reviewChoices = ["approve", "edit", "skip", "replan", "cancel"] as const;

/** A step of an approved plan is about to run, and a person is asked again. */
export interface StepReview extends OfPlan {
  args: JsonRecord;
  /** Arguments that were decided while the plan ran. */
  filled: JsonRecord | null;
  because: "policy" | "late" | "autonomy" | null;
  dependents: string[];
  allowed: (typeof reviewChoices)[number][];
}

const deviationChoices = ["approve", "skip", "replan", "cancel"] as const;

export interface Call {
  tool: string;
  args: JsonRecord;
  /** How arguments will be decided that are not pinned. */
  late: JsonRecord;
  /** What the tool says it does. */
  description: string | null;
}

/** A step is about to call something else than what was approved. */
export interface Deviation extends OfPlan {
  approved: Call;
  proposed: Call;
  reason: string | null;
  dependents: string[];
  allowed: (typeof deviationChoices)[number][];
}

export function toStepFailed(value: unknown): StepFailed | null {
  const asked = aboutStep(value, "step_failed");
  if (asked === null) return null;
  const { args, error, uncertain, tries, allowed } = asked.value;
  return {
    ...asked.about,
    args: isRecord(args) ? args : {},
    error: textOf(error) ?? (isRecord(error) ? (textOf(error.message) ?? "") : ""),
    isUncertain: uncertain === true,
    tries: typeof tries === "number" ? tries : null,
    allowed: allowedOf(failedChoices, allowed),
  };
}

export function toStepReview(value: unknown): StepReview | null {
  const asked = aboutStep(value, "step_review");
  if (asked === null) return null;
  const { args, filled, because, allowed } = asked.value;
  return {
    ...asked.about,
    args: isRecord(args) ? args : {},
    filled: isRecord(filled) ? filled : null,
    because: because === "policy" || because === "late" || because === "autonomy" ? because : null,
    allowed: allowedOf(reviewChoices, allowed),
  };
}

export function toDeviation(value: unknown): Deviation | null {
  const asked = aboutStep(value, "deviation_review");
  if (asked === null) return null;
  const { approved, proposed, reason, allowed } = asked.value;
  const [before, after] = [toCall(approved), toCall(proposed)];
  if (before === null || after === null) return null;
  return {
    ...asked.about,
    approved: before,
    proposed: after,
    reason: textOf(reason),
    allowed: allowedOf(deviationChoices, allowed),
  };
}

function aboutStep(
  value: unknown,
  type: string,
): { value: JsonRecord; about: OfPlan & { dependents: string[] } } | null {
  if (!isRecord(value) || value.type !== type || !isRecord(value.step)) return null;
  const { plan, step, dependents } = value;
  const tool = textOf(step.tool);
  if (tool === null) return null;
  const id = textOf(step.id) ?? "";
  return {
    value,
    about: {
      plan: isRecord(plan) ? textOf(plan.title) : null,
      step: {
        id,
        title: textOf(step.title) ?? (id || tool),
        why: textOf(step.why),
        tool,
        risk: riskOf(step.risk),
      },
      dependents: stringsOf(dependents),
    },
  };
}

function toCall(value: unknown): Call | null {
  if (!isRecord(value)) return null;
  const tool = textOf(value.tool);
  if (tool === null) return null;
  const { args, late, description } = value;
  return {
    tool,
    args: isRecord(args) ? args : {},
    late: isRecord(late) ? late : {},
    description: textOf(description),
  };
}
