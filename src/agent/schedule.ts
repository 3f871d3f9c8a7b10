import type { Plan, PlanStep } from "./plan.ts";
import type { StepState } from "./step-state.ts";

/** Which step can run, which waits, and which never will. */

type Steps = Readonly<Record<string, StepState>>;

/** The steps whose turn it is, in the order of the plan. */
export function readySteps(plan: Plan, steps: Steps): PlanStep[] {
  return plan.steps.filter(
    ({ id, after }) => statusOf(steps, id) === "waiting" && after.every((other) => isBehind(steps, other)),
  );
}

/**
 * States for steps that have none yet, and for those that wait for one that will never be done.
 *
 * @param isFailureLost - True where nobody is asked about a step that failed: then nothing will follow it.
 */
export function settle(plan: Plan, steps: Steps, isFailureLost = false): Record<string, StepState> {
  const settled: Record<string, StepState> = {};
  for (const { id } of plan.steps) if (steps[id] === undefined) settled[id] = { status: "waiting" };
  const now = (id: string) => settled[id] ?? steps[id] ?? { status: "waiting" };
  for (let changed = true; changed; ) {
    changed = false;
    for (const { id, after } of plan.steps) {
      const cause = after.find(
        (other) => isLost(now(other)) || (isFailureLost && now(other).status === "failed"),
      );
      if (cause === undefined || now(id).status !== "waiting") continue;
      settled[id] = { ...now(id), status: "skipped", error: `Step ${cause} was not done.` };
      changed = true;
    }
  }
  return settled;
}

export function statusOf(steps: Steps, id: string): StepState["status"] {
  return steps[id]?.status ?? "waiting";
}

/** Done, or skipped by a person who wants the rest to run all the same. */
function isBehind(steps: Steps, id: string): boolean {
  const state = steps[id] ?? { status: "waiting" };
  return state.status === "done" || (state.status === "skipped" && !isLost(state));
}

function isLost({ status, rulings }: StepState): boolean {
  return status === "skipped" && rulings?.at(-1)?.dependents !== "run";
}
