import type { Plan, StepState } from "../agent/index.ts";
import { isRecord } from "../protocol/json.ts";
import type { Moment } from "./conversation.ts";

/** How a step is shown; `in_doubt`: it was cut off, and nobody has said yet whether it has run. */
export type ShownStep = Omit<StepState, "status"> & { status: StepState["status"] | "in_doubt" };

const order: Record<string, number> = { waiting: 0, running: 1, asking: 2, done: 2, failed: 2, skipped: 2 };

/** What a person said about a step begins it anew; between two such words it only goes forward. */
function isOlder(state: StepState, before: ShownStep): boolean {
  const [said, known] = [state.rulings?.length ?? 0, before.rulings?.length ?? 0];
  if (said !== known) return said < known;
  return (order[state.status] ?? 0) < (order[before.status] ?? 0) || before.finishedAt !== undefined;
}

/**
 * How each step stands: what the state says, or what the events say where they are ahead of it (the state of
 * parallel steps changes only when all of them are through).
 */
export function mergeSteps(
  plan: Plan,
  {
    steps,
    stepEvents,
    questions,
    isLoading,
  }: Pick<Moment, "steps" | "stepEvents" | "questions" | "isLoading">,
): Record<string, ShownStep> {
  const merged: Record<string, ShownStep> = {};
  for (const { id } of plan.steps) merged[id] = steps[id] ?? { status: "waiting" };
  for (const { plan: planId, digest, step, ...state } of stepEvents) {
    const before = merged[step];
    if (planId !== plan.id || digest !== plan.digest || before === undefined) continue;
    if (!isOlder(state, before)) merged[step] = state;
  }
  const asked = doubtsIn(questions);
  for (const { id } of plan.steps) {
    const state = merged[id] ?? { status: "waiting" };
    const isAsked = asked.some((key) => key.replace(/\/\d+$/, "") === `${plan.digest}/${id}`);
    const isCutOff = state.status === "running" && !isLoading;
    if (isAsked || isCutOff) merged[id] = { ...state, status: "in_doubt" };
  }
  return merged;
}

/** Keys of the effects that a person is being asked about. */
function doubtsIn(questions: Moment["questions"]): string[] {
  return questions.flatMap(({ value }) =>
    isRecord(value) && value.type === "effect_in_doubt" && typeof value.key === "string" ? [value.key] : [],
  );
}

/** `0.42 s`, `1.4 s`, `2 min 3 s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${(Math.max(0, Math.round(ms / 10)) / 100).toFixed(2)} s`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1000)} s`;
}
