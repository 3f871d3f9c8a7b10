import { isGraphBubbleUp } from "@langchain/langgraph";
import { EffectSkippedError, isToStop, isUncertain, receipts } from "../effects/index.ts";
import { rulesFor } from "./allow.ts";
import { type AgentContext, type NodeConfig, tell } from "./context.ts";
import { approvalOf, checkStep, reviewOf } from "./contract.ts";
import type { Decision } from "./decision.ts";
import { fillLate } from "./fill-late.ts";
import { outputsBefore, type StepOutput, toOutput } from "./outputs.ts";
import { performStep } from "./perform-step.ts";
import type { Plan, PlanStep } from "./plan.ts";
import type { PlanAgentUpdate } from "./state.ts";
import type { StepState } from "./step-state.ts";
import { createMeter, type Meter } from "./usage.ts";
import type { Wave } from "./wave.ts";

/** What `execute_plan` hands to one `run_step`. */
export interface StepTask {
  /** The plan with this step alone: for its identity. Whole where no server keeps receipts. */
  plan: Plan;
  digest: string;
  step: PlanStep;
  /** As it was before. */
  state: StepState;
  decisions: Decision[];
  request: string;
  /** For late arguments: what the steps before it put out. */
  outputs: StepOutput[];
}

/** A task and the steps that run after it, in one super-step: what they take is counted together. */
type RunningTask = StepTask & { meter: Meter };

/**
 * `run_step`: one step, once, and then those that waited for it alone. It never throws, since that would
 * abort its siblings: what goes wrong becomes the step's status. Each call is compared with what was
 * approved; one that differs, or that is to be seen again, becomes a question.
 */
export function createRunStep(context: AgentContext) {
  return async (task: StepTask, config: NodeConfig): Promise<PlanAgentUpdate> => {
    const threadId = String(config.configurable?.thread_id ?? "");
    const wave = context.waves.find(threadId, task.digest, task.step.id);
    const meter = createMeter();
    return { steps: await runOn(context, { ...task, meter }, config, wave), usage: meter.used() };
  };
}

async function runOn(
  context: AgentContext,
  task: RunningTask,
  config: NodeConfig,
  wave: Wave | undefined,
): Promise<Record<string, StepState>> {
  let state: StepState;
  let isLast: boolean;
  try {
    state = await runOne(context, task, config);
    isLast = await isToStop(config);
  } catch (error) {
    wave?.leave(task.step.id);
    throw error;
  }
  const ready = wave?.next(task.step.id, state, isLast) ?? [];
  const later = await Promise.allSettled(
    ready.map((step) => runOn(context, nextTask(task, step, wave as Wave), config, wave)),
  );
  const failed = later.find((one) => one.status === "rejected");
  if (failed) throw failed.reason;
  const others = later.map((one) => (one as PromiseFulfilledResult<Record<string, StepState>>).value);
  return Object.assign({ [task.step.id]: state }, ...others);
}

function nextTask(task: RunningTask, step: PlanStep, { plan, steps }: Wave): RunningTask {
  return {
    ...task,
    plan: task.plan.steps.length > 1 ? plan : { ...plan, steps: [step] },
    step,
    state: steps[step.id] ?? { status: "waiting" },
    outputs: step.late ? outputsBefore(step, plan, steps) : [],
  };
}

async function runOne(context: AgentContext, task: RunningTask, config: NodeConfig): Promise<StepState> {
  const { step, plan, digest } = task;
  const startedAt = new Date().toISOString();
  const { rulings } = task.state;
  const say = (state: StepState): StepState => {
    const whole = { ...state, ...(rulings ? { rulings } : {}) };
    const { media: _media, ...told } = whole;
    tell(config, "step", `${digest}/${step.id}`, { plan: plan.id, digest, step: step.id, ...told });
    return whole;
  };
  let known: Omit<StepState, "status"> = { startedAt };
  say({ status: "running", ...known });
  try {
    const check = await toCheck(context, task, config);
    const verdict = checkStep(check);
    if (verdict.type === "refuse") throw new Error(verdict.why);
    if (verdict.type === "ask") return say({ status: "asking", ...known, ask: verdict.ask });
    let { args } = verdict;
    if (args === undefined && step.late) {
      const filled = await fillLate(context, task, config, task.meter);
      known = { ...known, filled };
      say({ status: "running", ...known });
      args = { ...step.args, ...filled };
    } else if (args !== undefined) {
      // What a person has seen is called, and shown, as it was then.
      known = { ...known, args };
    }
    args ??= step.args;
    const because = reviewOf(check, args);
    if (because !== undefined) {
      return say({ status: "asking", ...known, ask: { type: "step_review", because, args } });
    }
    known = { ...known, tries: verdict.number };
    const { number } = verdict;
    const returned = await performStep(context, { planId: plan.id, digest, step, args, number }, config);
    return say({ status: "done", ...known, finishedAt: new Date().toISOString(), ...toOutput(returned) });
  } catch (error) {
    if (isGraphBubbleUp(error) || config.signal?.aborted) throw error;
    return say({
      status: error instanceof EffectSkippedError ? "skipped" : "failed",
      ...known,
      finishedAt: new Date().toISOString(),
      error: error instanceof Error ? error.message : String(error),
      ...(isUncertain(error) ? { uncertain: true } : {}),
    });
  }
}

async function toCheck({ specs, policy }: AgentContext, task: StepTask, config: NodeConfig) {
  const { step, plan, digest, decisions, state } = task;
  // Without a server the plan came with the decision in this very run; its digest was checked by execute_plan.
  const claimed = { plan: { ...plan, digest }, decisions, steps: { [step.id]: state } };
  const approval = approvalOf({ digest, receipts: await receipts(config), claimed, specs, policy });
  if (approval === undefined) throw new Error("Nobody approved this plan. The step was not run.");
  return { step, approval, specs, policy, allowed: await rulesFor(config, approval.by) };
}
