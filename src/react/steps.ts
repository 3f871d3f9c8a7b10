import type { Plan, StepState } from "countersign/agent";
import { stepOfEffect } from "./doubts.ts";
import { isRecord } from "./json.ts";
import { type Media, toMedia } from "./media.ts";
import { words } from "./words.ts";

/** A `step` event of the agent: how one step of one plan stands. */
export interface StepEvent extends StepState {
  plan: string;
  digest: string;
  step: string;
}

/** That a person was asked about an effect, by its key. */
export interface DoubtEvent {
  inDoubt: string;
}

/** How a step is shown; `in_doubt`: it was cut off, and nobody has said yet whether it has run. */
export type ShownStep = Omit<StepState, "status"> & { status: StepState["status"] | "in_doubt" };

const order = { waiting: 0, running: 1, asking: 2, done: 2, failed: 2, skipped: 2 } as const;

export interface StepSources {
  /** The `steps` channel. */
  inState: Readonly<Record<string, StepState>>;
  /** In the order in which they happened. */
  live: readonly (StepEvent | DoubtEvent)[];
  /** Keys of the effects that a person is being asked about. */
  inDoubt: readonly string[];
  /** False when nothing runs: a step that says it does was cut off. */
  isRunning: boolean;
}

/**
 * How each step stands: what the state says, or what the live events say where they are ahead of it
 * (the state of parallel steps changes only when all of them are through).
 */
export function mergeSteps(
  plan: Plan,
  { inState, live, inDoubt, isRunning }: StepSources,
): Record<string, ShownStep> {
  const asked = new Set(inDoubt.map((key) => stepOfEffect(plan, key)));
  const { merged, cut } = toLatest(plan, inState, live);
  const shown = Object.entries(merged).map(([id, state]): [string, ShownStep] => {
    if (asked.has(id)) return [id, { ...state, status: "in_doubt", error: words.stepRow.askedAbout }];
    if (isRunning || !cut.has(id)) return [id, state];
    // Once the question about another step is answered, this one goes on.
    return [
      id,
      asked.size > 0 ? { status: "waiting" } : { ...state, status: "in_doubt", error: words.stepRow.cutOff },
    ];
  });
  return Object.fromEntries(shown);
}

/** The steps of a plan that is locked. One that was cut off says that it may have happened, and has no end. */
export function toRecorded(steps: Readonly<Record<string, StepState>>): Record<string, ShownStep> {
  const shown = Object.entries(steps).map(([id, state]): [string, ShownStep] => {
    const isCutOff = state.uncertain === true && state.finishedAt === undefined;
    return [id, isCutOff ? { ...state, status: "in_doubt" } : state];
  });
  return Object.fromEntries(shown);
}

/** What a person said about a step begins it anew; between two such words it only goes forward. */
function isOlder(state: StepState, before: StepState): boolean {
  const [said, known] = [state.rulings?.length ?? 0, before.rulings?.length ?? 0];
  if (said !== known) return said < known;
  return order[state.status] < order[before.status] || before.finishedAt !== undefined;
}

/** Each step as whoever knows most says, and which of them were begun and not ended: cut off, if nothing runs. */
function toLatest(plan: Plan, inState: StepSources["inState"], live: StepSources["live"]) {
  const merged: Record<string, StepState> = {};
  const cut = new Set<string>();
  for (const { id } of plan.steps) merged[id] = inState[id] ?? { status: "waiting" };
  for (const event of live) {
    if ("inDoubt" in event) {
      // The event that it began may have been lost with the process that ran it.
      const step = stepOfEffect(plan, event.inDoubt);
      if (step !== undefined && merged[step]?.finishedAt === undefined) cut.add(step);
      continue;
    }
    const { plan: planId, digest, step, ...state } = event;
    const before = merged[step];
    if (planId !== plan.id || digest !== plan.digest || before === undefined) continue;
    if (isOlder(state, before)) continue;
    merged[step] = state;
    if (state.status === "running") cut.add(step);
    else cut.delete(step);
  }
  return { merged, cut };
}

/** Key of the effect that holds what a step's last call returned; undefined before it was called. */
export function effectOfStep(
  digest: string,
  stepId: string,
  state: ShownStep | undefined,
): string | undefined {
  return state?.tries === undefined ? undefined : `${digest}/${stepId}/${state.tries}`;
}

/** A recorded result as the text that a step's output is the beginning of. */
export function toOutputText(result: unknown): string {
  return typeof result === "string" ? result : result == null ? "" : JSON.stringify(result);
}

/** Images that a step's tool answered with, where the agent keeps them. */
export function mediaOfStep(state: ShownStep): Media[] {
  const { media } = state as { media?: unknown };
  return (Array.isArray(media) ? media : []).flatMap((one) => (isRecord(one) ? (toMedia(one) ?? []) : []));
}

/** `1.4 s`, `2 min 3 s`: how long a step took, or has been running. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms / 10) / 100).toFixed(2)} s`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}
