export { type AllowRequest, type AllowRule, allowRequest } from "./allow.ts";
export type { ClarificationRecord } from "./clarify.ts";
export type { PlanAgentOptions } from "./context.ts";
export { createPlanAgent } from "./create-plan-agent.ts";
export {
  type Autonomy,
  type Changes,
  type Decision,
  type PlanAnswer,
  type PlanReview,
  planAnswer,
  type ValueChange,
} from "./decision.ts";
export type { Evidence } from "./evidence.ts";
export type { PlanRecord } from "./human-decision.ts";
export {
  digestOfPlan,
  digestOfTool,
  type PinnedTool,
  type Plan,
  type PlanStep,
  type Proposal,
} from "./plan.ts";
export { type Ask, type CallPattern, type ToolPolicy, toolPolicy } from "./policy.ts";
export { type Clarification, clarificationAnswer } from "./question.ts";
export { PlanAgentState, type PlanAgentValues } from "./state.ts";
export {
  type DeviationReview,
  type StepAnswer,
  type StepFailed,
  type StepQuestion,
  type StepReview,
  stepAnswers,
} from "./step-questions.ts";
export type { Call, ReviewCause, Ruling, StepAsk, StepState, StepStatus } from "./step-state.ts";
export type { Usage } from "./usage.ts";
