import type { ThreadCheckpointer } from "./checkpointer.ts";
import type { EngineRun } from "./graph.ts";
import type { Lease, RunPort } from "./ports.ts";

/** The wish that an attempt stops where nothing new would begin. The engine asks between two steps, and does not wait. */
export interface StepStop {
  isWanted: boolean;
}

/**
 * Stops the root, and no graph within a node: that is finished with the node, which would else begin once more from
 * its top. The root asks once at each of its checkpoints, before anything within runs; whoever asks there after it is
 * within. A step that takes answers in is not kept from it: they were accepted.
 */
export function createStepGate(
  stepStop: StepStop,
  { standings }: ThreadCheckpointer,
  takesAnswers: boolean,
): EngineRun["stop"] {
  let last: { at: string | undefined } | undefined;
  return {
    isDue() {
      const at = standings.get("");
      if (last?.at === at && last !== undefined) return false;
      const mayGoOn = last === undefined && takesAnswers;
      last = { at };
      return stepStop.isWanted && !mayGoOn;
    },
    request() {
      stepStop.isWanted = true;
    },
  };
}

/** For nodes that do one thing after the other: also of a wish that another process took, and told nobody of yet. */
export function createIsToStop(
  stepStop: StepStop,
  { runs, lease, onFailure }: { runs: RunPort; lease: Lease; onFailure: (error: unknown) => void },
): () => Promise<boolean> {
  return async () => {
    if (stepStop.isWanted) return true;
    try {
      const { cancelled } = await runs.review([lease]);
      stepStop.isWanted = cancelled.some(({ action }) => action === "step");
    } catch (error) {
      onFailure(error); // or a node would take it for its own
      throw error;
    }
    return stepStop.isWanted;
  };
}
