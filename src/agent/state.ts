import { Annotation, MessagesAnnotation } from "@langchain/langgraph";
import type { Decision } from "./decision.ts";
import type { Plan } from "./plan.ts";
import type { StepState } from "./step-state.ts";
import { addUsage, noUsage, type Usage, type UsageUpdate } from "./usage.ts";

/**
 * All channels are the root graph's: stock clients read the root only. `null` for `steps` clears them.
 */
export const PlanAgentState = Annotation.Root({
  ...MessagesAnnotation.spec,
  /** The plan in hand: proposed, approved, or run; null while a request needs none. */
  plan: Annotation<Plan | null>({ reducer: (_before, after) => after, default: () => null }),
  revision: Annotation<number>({ reducer: (_before, after) => after, default: () => 0 }),
  /** Every decision on this thread, oldest first. */
  decisions: Annotation<Decision[], Decision[]>({
    reducer: (before, after) => [...before, ...after],
    default: () => [],
  }),
  /** How each step of the plan in hand went, by step id. */
  steps: Annotation<Record<string, StepState>, Record<string, StepState> | null>({
    reducer: (before, after) => (after === null ? {} : { ...before, ...after }),
    default: () => ({}),
  }),
  /** Tokens that the newest request has taken: planning it, filling its steps, summing up. */
  usage: Annotation<Usage, UsageUpdate>({ reducer: addUsage, default: () => noUsage }),
});

/** What the agent takes: messages and nothing else, so that no caller can bring a plan or a decision along. */
export const PlanAgentInput = Annotation.Root({ ...MessagesAnnotation.spec });

export type PlanAgentValues = typeof PlanAgentState.State;
export type PlanAgentUpdate = typeof PlanAgentState.Update;
