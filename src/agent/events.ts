import type { Plan } from "./plan.ts";
import type { StepState } from "./step-state.ts";

/** A plan as it is written: drafts, each as far as it can be read, then the plan. */
export interface PlanEvent {
  name: "plan";
  fold: string;
  payload: { revision: number; draft: unknown } | { revision: number; plan: Plan };
}

/** How a step goes, as it goes. */
export interface StepEvent {
  name: "step";
  fold: string;
  /** `plan` is the plan's id, `step` the step's. Pictures are in the state alone. */
  payload: { plan: string; digest: string; step: string } & Omit<StepState, "media">;
}

/**
 * What the agent tells on the `custom` stream. What is told later under the same `fold` says all of what was
 * told before, so that our server keeps the last only.
 */
export type PlanAgentEvent = PlanEvent | StepEvent;
