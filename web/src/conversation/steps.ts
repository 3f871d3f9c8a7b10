import type { Plan, StepState } from "countersign/agent";

/** A `step` event of the agent: how one step of one plan stands. */
export interface StepEvent extends StepState {
  plan: string;
  digest: string;
  step: string;
}

const order = { waiting: 0, running: 1, done: 2, failed: 2, skipped: 2 } as const;

export interface StepSources {
  /** The `steps` channel. */
  inState: Readonly<Record<string, StepState>>;
  live: readonly StepEvent[];
  /** False when nothing runs: a step that says it does was cut off. */
  isRunning: boolean;
}

/**
 * How each step stands: what the state says, or what the live events say where they are ahead of it
 * (the state of parallel steps changes only when all of them are through).
 */
export function mergeSteps(plan: Plan, { inState, live, isRunning }: StepSources): Record<string, StepState> {
  const merged: Record<string, StepState> = {};
  for (const { id } of plan.steps) merged[id] = inState[id] ?? { status: "waiting" };
  for (const { plan: planId, digest, step, ...state } of live) {
    const before = merged[step];
    if (planId !== plan.id || digest !== plan.digest || before === undefined) continue;
    if (order[state.status] >= order[before.status] && before.finishedAt === undefined) merged[step] = state;
  }
  if (isRunning) return merged;
  return Object.fromEntries(Object.entries(merged).map(([id, state]) => [id, cutOff(state)]));
}

function cutOff(state: StepState): StepState {
  if (state.status !== "running") return state;
  return { ...state, status: "failed", error: "Cut off while it ran: it may have done its work." };
}

/** `1.4 s`, `2 min 3 s`: how long a step took, or has been running. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms / 10) / 100).toFixed(2)} s`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}
