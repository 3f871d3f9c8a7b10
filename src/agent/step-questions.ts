import { z } from "zod";
import { allowRequest } from "./allow.ts";
import type { Plan, PlanStep } from "./plan.ts";
import type { Call, ReviewCause, StepState } from "./step-state.ts";

/** What is asked about a single step while its plan runs, and what may be answered. */

interface AboutStep {
  /** Which plan it is about; its digest is the approved one. */
  plan: Pick<Plan, "id" | "revision" | "title" | "digest">;
  step: PlanStep;
}

/** A step failed, and its retries are used up. */
export interface StepFailed extends AboutStep {
  type: "step_failed";
  /** As the call was made, late arguments filled. */
  args: Record<string, unknown>;
  error: string;
  /** True when it may have happened all the same: its time was up, or the line broke. */
  uncertain?: boolean;
  tries: number;
  /** Ids of steps that wait for it, however far. */
  dependents: string[];
  allowed: ("retry" | "edit" | "skip" | "done" | "replan" | "cancel")[];
}

/** A call is shown once more before it is made. */
export interface StepReview extends AboutStep {
  type: "step_review";
  because: ReviewCause;
  /** As the call will be made, late arguments filled. */
  args: Record<string, unknown>;
  filled?: Record<string, unknown>;
  dependents: string[];
  allowed: ("approve" | "edit" | "skip" | "replan" | "cancel")[];
}

/** A call is not the one that was approved. */
export interface DeviationReview extends AboutStep {
  type: "deviation_review";
  reason: string;
  approved: Call;
  proposed: Call;
  dependents: string[];
  allowed: ("approve" | "skip" | "replan" | "cancel")[];
}

export type StepQuestion = StepFailed | StepReview | DeviationReview;

const args = z.record(z.string(), z.unknown());
const answers = {
  retry: z.looseObject({ type: z.literal("retry") }),
  edit: z.looseObject({ type: z.literal("edit"), args }),
  skip: z.looseObject({ type: z.literal("skip"), dependents: z.enum(["skip", "run"]).optional() }),
  done: z.looseObject({ type: z.literal("done"), output: z.string().optional() }),
  replan: z.looseObject({ type: z.literal("replan"), feedback: z.string().min(1) }),
  cancel: z.looseObject({ type: z.literal("cancel"), reason: z.string().optional() }),
  approve: z.looseObject({ type: z.literal("approve"), allow: allowRequest.optional() }),
};

const { retry, edit, skip, done, replan, cancel, approve } = answers;

/** The answers each question takes. Unknown fields are ignored. */
export const stepAnswers = {
  step_failed: z.discriminatedUnion("type", [retry, edit, skip, done, replan, cancel]),
  step_review: z.discriminatedUnion("type", [approve, edit, skip, replan, cancel]),
  deviation_review: z.discriminatedUnion("type", [approve.omit({ allow: true }), skip, replan, cancel]),
};

export type StepAnswer =
  | z.infer<typeof stepAnswers.step_failed>
  | z.infer<typeof stepAnswers.step_review>
  | z.infer<typeof stepAnswers.deviation_review>;

/** What is to be asked about a step in this state; undefined when nothing is. */
export function questionAbout(plan: Plan, step: PlanStep, state: StepState): StepQuestion | undefined {
  const { id, revision, title, digest } = plan;
  const about = { plan: { id, revision, title, digest }, step };
  const dependents = dependentsOf(plan, step.id);
  if (state.status === "failed") {
    return {
      type: "step_failed",
      ...about,
      args: state.args ?? { ...step.args, ...state.filled },
      error: state.error ?? "It did not say why.",
      ...(state.uncertain ? { uncertain: true } : {}),
      tries: state.tries ?? 0,
      dependents,
      allowed: ["retry", "edit", "skip", "done", "replan", "cancel"],
    };
  }
  if (state.status !== "asking" || state.ask === undefined) return undefined;
  const { ask, filled } = state;
  if (ask.type === "deviation_review") {
    return { ...about, ...ask, dependents, allowed: ["approve", "skip", "replan", "cancel"] };
  }
  return {
    ...about,
    ...ask,
    ...(filled ? { filled } : {}),
    dependents,
    allowed: ["approve", "edit", "skip", "replan", "cancel"],
  };
}

function dependentsOf({ steps }: Plan, id: string): string[] {
  const found = new Set([id]);
  for (let before = 0; before < found.size; ) {
    before = found.size;
    for (const step of steps) if (step.after.some((other) => found.has(other))) found.add(step.id);
  }
  found.delete(id);
  return steps.map((step) => step.id).filter((other) => found.has(other));
}
