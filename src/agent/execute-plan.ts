import { Send } from "@langchain/langgraph";
import { receipts } from "../effects/index.ts";
import { approvedPlan } from "./approval.ts";
import type { AgentContext, NodeConfig } from "./context.ts";
import type { Plan, PlanStep, StepState } from "./plan.ts";
import { requestOf } from "./request.ts";
import type { StepTask } from "./run-step.ts";
import type { PlanAgentUpdate, PlanAgentValues } from "./state.ts";

/**
 * `execute_plan`: checks the approval, and settles what every wave leaves behind: a step that waits for one
 * that failed is skipped, with the reason. Who runs next is up to {@link nextSteps}.
 */
export function createExecutePlan({ specs }: AgentContext) {
  return async (
    { plan, decisions, steps }: PlanAgentValues,
    config: NodeConfig,
  ): Promise<PlanAgentUpdate> => {
    if (plan === null) throw new Error("There is no plan to execute.");
    const approved = approvedPlan(plan.digest, await receipts(config), { plan, decisions }, specs);
    if (approved === undefined) {
      throw new Error(
        `Nobody approved revision ${plan.revision} (digest ${plan.digest.slice(0, 12)}…). Nothing was run.`,
      );
    }
    return { steps: { ...waiting(plan, steps), ...skipped(plan, steps) } };
  };
}

/** The steps that can run now, each with what it needs; none when the plan is through. */
export function nextSteps({ maxParallelSteps }: AgentContext, state: PlanAgentValues): Send[] {
  const { plan, steps, decisions, messages } = state;
  if (plan === null) return [];
  const ready = plan.steps.filter(
    ({ id, after }) =>
      statusOf(steps, id) === "waiting" && after.every((other) => statusOf(steps, other) === "done"),
  );
  return ready.slice(0, maxParallelSteps).map((step) => {
    const task: StepTask = {
      plan: { ...plan, steps: [step] },
      digest: plan.digest,
      step,
      decisions: decisions.filter(({ digest }) => digest === plan.digest),
      request: requestOf(messages),
      outputs: step.late ? outputsBefore(step, plan, steps) : [],
    };
    return new Send("run_step", task);
  });
}

function statusOf(steps: Record<string, StepState>, id: string): StepState["status"] {
  return steps[id]?.status ?? "waiting";
}

function waiting(plan: Plan, steps: Record<string, StepState>): Record<string, StepState> {
  const fresh = plan.steps.filter(({ id }) => steps[id] === undefined);
  return Object.fromEntries(fresh.map(({ id }) => [id, { status: "waiting" }]));
}

function skipped(plan: Plan, steps: Record<string, StepState>): Record<string, StepState> {
  const lost = new Map<string, StepState>();
  const isLost = (id: string) => lost.has(id) || ["failed", "skipped"].includes(statusOf(steps, id));
  for (let before = -1; before < lost.size; ) {
    before = lost.size;
    for (const { id, after } of plan.steps) {
      const cause = after.find(isLost);
      if (cause === undefined || isLost(id) || statusOf(steps, id) !== "waiting") continue;
      lost.set(id, { status: "skipped", error: `Step ${cause} was not done.` });
    }
  }
  return Object.fromEntries(lost);
}

/** Outputs of all steps that come before this one, however far. */
function outputsBefore(step: PlanStep, plan: Plan, steps: Record<string, StepState>): StepTask["outputs"] {
  const wanted = new Set<string>();
  const visit = (id: string): void => {
    if (wanted.has(id)) return;
    wanted.add(id);
    for (const other of plan.steps.find((one) => one.id === id)?.after ?? []) visit(other);
  };
  for (const id of step.after) visit(id);
  return plan.steps
    .filter(({ id }) => wanted.has(id))
    .map(({ id, title, tool, args }) => {
      const { output = "", outputLength } = steps[id] ?? {};
      const cut = outputLength === undefined ? {} : { outputLength };
      return { step: id, title, tool, args, output, ...cut };
    });
}
