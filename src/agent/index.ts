export type { PlanAgentOptions } from "./context.ts";
export { createPlanAgent } from "./create-plan-agent.ts";
export type { PlanRecord } from "./human-decision.ts";
export {
  type Changes,
  type Decision,
  digestOfPlan,
  type Plan,
  type PlanAnswer,
  type PlanReview,
  type PlanStep,
  type Proposal,
  planAnswer,
  type StepState,
  type StepStatus,
  type ValueChange,
} from "./plan.ts";
export { PlanAgentState, type PlanAgentValues } from "./state.ts";
