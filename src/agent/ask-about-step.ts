import { interrupt } from "@langchain/langgraph";
import { z } from "zod";
import { type AllowRequest, keepRule } from "./allow.ts";
import { type NodeConfig, tell } from "./context.ts";
import { toRuling } from "./contract.ts";
import type { Decision } from "./decision.ts";
import { signature } from "./signature.ts";
import type { PlanAgentUpdate } from "./state.ts";
import { type StepAnswer, type StepQuestion, stepAnswers } from "./step-questions.ts";
import type { Ruling, StepState } from "./step-state.ts";

/** What `execute_plan` hands to a node that asks about one step. */
export interface AskTask {
  question: StepQuestion;
  state: StepState;
}

/**
 * `step_failed`, `step_review` and `deviation_review`: each holds nothing but its question. The answer
 * becomes the step's state; what it permits is read from the server's receipt when the step runs.
 */
export function createAskAboutStep() {
  return async ({ question, state }: AskTask, config: NodeConfig): Promise<PlanAgentUpdate> => {
    const schema = stepAnswers[question.type];
    const answer: StepAnswer = schema.parse(
      interrupt(question, { responseSchema: z.toJSONSchema(schema, { io: "input" }) }),
    );
    const signed = await signature(config);
    const { plan, step } = question;
    if (answer.type === "cancel" || answer.type === "replan") {
      const { id: planId, revision, digest } = plan;
      return { decisions: [{ ...toEnd(answer), planId, revision, digest, step: step.id, ...signed }] };
    }
    if (answer.type === "approve" && answer.allow) {
      const id = `${plan.digest.slice(0, 16)}/${step.id}/${state.rulings?.length ?? 0}`;
      await keepRule(config, id, answer.allow as AllowRequest, signed);
    }
    const ruling = toRuling({ ...question }, answer, signed);
    const next = toState(state, ruling);
    tell(config, "step", `${plan.digest}/${step.id}`, {
      plan: plan.id,
      digest: plan.digest,
      step: step.id,
      ...next,
    });
    return { steps: { [step.id]: next } };
  };
}

function toEnd(
  answer: Extract<StepAnswer, { type: "cancel" | "replan" }>,
): Pick<Decision, "type" | "reason" | "feedback"> {
  if (answer.type === "replan") return { type: "replan", feedback: answer.feedback };
  return { type: "cancel", ...(answer.reason ? { reason: answer.reason } : {}) };
}

function toState({ ask: _asked, error, uncertain, ...before }: StepState, ruling: Ruling): StepState {
  const rulings = [...(before.rulings ?? []), ruling];
  const finishedAt = before.finishedAt ?? ruling.at ?? new Date().toISOString();
  const failure = { ...(error ? { error } : {}), ...(uncertain ? { uncertain } : {}) };
  if (ruling.type === "skip") return { ...before, ...failure, finishedAt, rulings, status: "skipped" };
  if (ruling.type === "done") {
    return { ...before, finishedAt, rulings, status: "done", output: ruling.output ?? "" };
  }
  const { startedAt: _started, finishedAt: _finished, ...known } = before;
  return { ...known, rulings, status: "waiting" };
}
