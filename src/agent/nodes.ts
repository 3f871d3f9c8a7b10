import { createAnswerQuestion } from "./answer-question.ts";
import { createAskAboutStep } from "./ask-about-step.ts";
import { createClarify } from "./clarify.ts";
import type { AgentContext } from "./context.ts";
import { createExecutePlan } from "./execute-plan.ts";
import { createGeneratePlan } from "./generate-plan.ts";
import { createHumanDecision } from "./human-decision.ts";
import { createRunStep } from "./run-step.ts";
import { createSummarize } from "./summarize.ts";

/** The nodes of the agent's graph, by their names. */
export function createNodes(context: AgentContext) {
  return {
    generate_plan: createGeneratePlan(context),
    clarify: createClarify(),
    human_decision: createHumanDecision(context),
    answer_question: createAnswerQuestion(context),
    execute_plan: createExecutePlan(context),
    run_step: createRunStep(context),
    step_failed: createAskAboutStep(),
    step_review: createAskAboutStep(),
    deviation_review: createAskAboutStep(),
    summarize: createSummarize(context),
  };
}

/** Each a function of the state (`run_step` and the reviews: of what they are sent) and LangGraph's config. */
export type PlanAgentNodes = ReturnType<typeof createNodes>;
