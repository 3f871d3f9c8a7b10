export type { AboutPlan } from "./about-plan.ts";
export { type AllowRequest, type AllowRule, allowRequest } from "./allow.ts";
export { changesBetween } from "./changes.ts";
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
  planDecision,
  type ValueChange,
} from "./decision.ts";
export type { PlanAgentEvent, PlanEvent, StepEvent } from "./events.ts";
export type { Evidence } from "./evidence.ts";
export type { PlanRecord } from "./human-decision.ts";
export type { StepMedia } from "./media.ts";
export type { PlanAgentNodes } from "./nodes.ts";
export {
  digestOfPlan,
  digestOfTool,
  type PinnedTool,
  type Plan,
  type PlanStep,
  type Proposal,
  planStep as planStepSchema,
  proposal as planProposalSchema,
} from "./plan.ts";
export { type Ask, type CallPattern, type ToolPolicy, toolPolicy } from "./policy.ts";
export { defaultPrompts, type PlanAgentPrompts } from "./prompts.ts";
export { type Judged, judgeProposal, proposePlanTool } from "./proposal.ts";
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
