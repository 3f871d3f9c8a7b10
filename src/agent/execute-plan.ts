import { randomUUID } from "node:crypto";
import { AIMessage } from "@langchain/core/messages";
import { END, Send } from "@langchain/langgraph";
import { isToStop, receipts } from "../effects/index.ts";
import type { AskTask } from "./ask-about-step.ts";
import { closeRecord } from "./close-record.ts";
import type { AgentContext, NodeConfig } from "./context.ts";
import { approvalOf, asksNobody } from "./contract.ts";
import type { Decision } from "./decision.ts";
import { resultsBudget } from "./history.ts";
import { outputsBefore } from "./outputs.ts";
import type { Plan } from "./plan.ts";
import { requestOf } from "./request.ts";
import type { StepTask } from "./run-step.ts";
import { readySteps, settle } from "./schedule.ts";
import type { PlanAgentUpdate, PlanAgentValues } from "./state.ts";
import { questionAbout } from "./step-questions.ts";
import type { StepState } from "./step-state.ts";

/**
 * `execute_plan`: checks the approval, and settles what every wave leaves behind. Who runs or is asked next
 * is up to {@link afterExecute}.
 */
export function createExecutePlan({ specs, policy, onFailure, maxHistoryTokens }: AgentContext) {
  return async (state: PlanAgentValues, config: NodeConfig): Promise<PlanAgentUpdate> => {
    const { plan, decisions, steps } = state;
    if (plan === null) throw new Error("There is no plan to execute.");
    const end = endOf(plan, decisions);
    if (end !== undefined) return close(state, plan, end, resultsBudget(maxHistoryTokens));
    const approval = approvalOf({
      digest: plan.digest,
      receipts: await receipts(config),
      claimed: { plan, decisions, steps },
      specs,
      policy,
    });
    if (approval === undefined) {
      throw new Error(
        `Nobody approved revision ${plan.revision} (digest ${plan.digest.slice(0, 12)}…). Nothing was run.`,
      );
    }
    // Where another process took the wish, the engine hears of it now, before it goes on to the steps.
    await isToStop(config);
    const isKnown = decisions.some(({ digest }) => digest === plan.digest);
    return {
      steps: settle(plan, steps, onFailure === "skip"),
      ...(isKnown ? {} : { decisions: [byPolicy(plan)] }),
    };
  };
}

/** No step of it is asked about, by the policy of its tools. */
function byPolicy({ id, revision, digest }: Plan): Decision {
  const at = new Date().toISOString();
  return { type: "approve", planId: id, revision, digest, by: { id: "policy", verified: true }, at };
}

/** What follows `execute_plan`: steps that can run and questions about steps, each with what it needs. */
export function afterExecute({ maxParallelSteps, onFailure, policy, waves }: AgentContext) {
  return (state: PlanAgentValues, config: NodeConfig) => {
    const { plan, decisions, steps } = state;
    if (plan === null) return END;
    const end = endOf(plan, decisions);
    if (end !== undefined) return end.type === "replan" ? "generate_plan" : END;
    const asks = plan.steps.flatMap((step) => {
      const stepState = steps[step.id];
      if (stepState === undefined || (stepState.status === "failed" && onFailure === "skip")) return [];
      const question = questionAbout(plan, step, stepState);
      const task = question && ({ question, state: stepState } satisfies AskTask);
      return question ? [new Send(question.type, task)] : [];
    });
    const first = readySteps(plan, steps).slice(0, maxParallelSteps);
    const request = requestOf(state.messages);
    const threadId = String(config.configurable?.thread_id ?? "");
    if (first.length > 0) waves.open(threadId, { plan, request, steps }, first);
    // What a receipt proves needs no more than the step; what the plan itself proves needs the plan.
    const isProven = config.configurable?.countersign !== undefined && !asksNobody(plan, policy);
    const runs = first.map((step) => {
      const task: StepTask = {
        plan: isProven ? { ...plan, steps: [step] } : plan,
        digest: plan.digest,
        step,
        state: steps[step.id] ?? { status: "waiting" },
        decisions: decisions.filter(({ digest }) => digest === plan.digest),
        request,
        outputs: step.late ? outputsBefore(step, plan, steps) : [],
      };
      return new Send("run_step", task);
    });
    return asks.length + runs.length > 0 ? [...asks, ...runs] : "summarize";
  };
}

/** That somebody ended the plan while it ran. What stops it counts before what makes it anew. */
function endOf({ digest }: Plan, decisions: readonly Decision[]): Decision | undefined {
  const said = (type: Decision["type"]) =>
    decisions.findLast((one) => one.digest === digest && one.type === type);
  return said("cancel") ?? said("replan");
}

function close(
  { messages, steps, usage }: PlanAgentValues,
  plan: Plan,
  decision: Decision,
  budget: number,
): PlanAgentUpdate {
  const rest = decision.type === "cancel" ? stopped(plan, steps, decision) : {};
  const closed = closeRecord(messages, { plan, decision, steps: { ...steps, ...rest }, usage }, budget);
  if (decision.type === "replan") return { messages: [closed] };
  const done = plan.steps.filter(({ id }) => steps[id]?.status === "done").length;
  const text = `Stopped. ${done} of ${plan.steps.length} steps were done; the others were not run.`;
  return { steps: rest, messages: [closed, new AIMessage({ id: randomUUID(), content: text })] };
}

function stopped(
  plan: Plan,
  steps: Readonly<Record<string, StepState>>,
  { by }: Decision,
): Record<string, StepState> {
  const error = by ? `The plan was stopped by ${by.id}.` : "The plan was stopped.";
  return Object.fromEntries(
    plan.steps.flatMap(({ id }) => {
      const { ask: _ask, ...state } = steps[id] ?? { status: "waiting" as const };
      return ["waiting", "asking"].includes(state.status)
        ? [[id, { ...state, status: "skipped", error }]]
        : [];
    }),
  );
}
