import type { Plan, PlanStep } from "./plan.ts";
import { readySteps } from "./schedule.ts";
import type { StepState } from "./step-state.ts";

/**
 * The steps that run within one super-step of the engine. It ends when the slowest of them does, so a step
 * that is through, while others are not, starts those that waited for nothing else: a slow step holds back what depends on it, and
 * nothing more. Kept in memory alone: after a crash the steps that are left run in further waves.
 */
export interface Wave {
  plan: Plan;
  request: string;
  /** As far as they are known: at the beginning, and of the steps that were done since. */
  steps: Record<string, StepState>;
  /**
   * The step is through: the steps that can run now are handed to the caller, which must run them. None when
   * nothing else is running: then the super-step ends, and the state shows what was done.
   *
   * @param isLast - Nothing more shall begin: none.
   */
  next(step: string, state: StepState, isLast: boolean): PlanStep[];
  /** The step is through, and nothing more shall begin here. */
  leave(step: string): void;
}

export interface Waves {
  /** Begins a wave with these steps; a wave of the same thread before it is over. */
  open(threadId: string, wave: Pick<Wave, "plan" | "request" | "steps">, first: readonly PlanStep[]): void;
  /** The wave that runs this step; undefined after a restart. */
  find(threadId: string, digest: string, step: string): Wave | undefined;
}

/** @param limit - Steps that run at once, at most. */
export function createWaves(limit: number): Waves {
  const waves = new Map<string, Wave & { running: Set<string> }>();
  return {
    open(threadId, { plan, request, steps }, first) {
      const running = new Set(first.map(({ id }) => id));
      const end = (step: string) => {
        running.delete(step);
        if (running.size === 0 && waves.get(threadId) === wave) waves.delete(threadId);
      };
      const wave = {
        plan,
        request,
        steps: { ...steps },
        running,
        next(step: string, state: StepState, isLast: boolean) {
          wave.steps[step] = state;
          running.delete(step);
          const ready = (running.size === 0 || isLast ? [] : readySteps(plan, wave.steps))
            .filter(({ id }) => !running.has(id))
            .slice(0, Math.max(0, limit - running.size));
          for (const { id } of ready) running.add(id);
          end(step);
          return ready;
        },
        leave: end,
      };
      waves.set(threadId, wave);
    },
    find(threadId, digest, step) {
      const wave = waves.get(threadId);
      return wave?.plan.digest === digest && wave.running.has(step) ? wave : undefined;
    },
  };
}
