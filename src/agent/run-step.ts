import { isGraphBubbleUp } from "@langchain/langgraph";
import { EffectSkippedError, effect, receipts } from "../effects/index.ts";
import { schemaIssues } from "../protocol/json-schema.ts";
import { approvedPlan, isInContract } from "./approval.ts";
import { callTool } from "./call-tool.ts";
import { type AgentContext, type NodeConfig, tell } from "./context.ts";
import { fillLate } from "./fill-late.ts";
import type { Decision, Plan, PlanStep, StepState } from "./plan.ts";
import type { PlanAgentUpdate } from "./state.ts";

/** What `execute_plan` hands to one `run_step`. */
export interface StepTask {
  /** The plan with this step alone: for its identity. */
  plan: Plan;
  digest: string;
  step: PlanStep;
  decisions: Decision[];
  request: string;
  /** For late arguments: what the steps before it put out. */
  outputs: StepOutput[];
}

/** What an earlier step put out. `outputLength` is there when `output` is only its beginning. */
export interface StepOutput {
  step: string;
  title: string;
  tool: string;
  args: Record<string, unknown>;
  output: string;
  /** Length of the whole, in characters. */
  outputLength?: number;
}

/** Characters of a step's output that are kept; the length of the whole is kept beside. */
const maxOutput = 32_000;

/**
 * `run_step`: one step, once. It never throws, since that would abort its siblings: what goes wrong becomes
 * the step's status. Tool and arguments are those of the approved plan, checked against the receipt.
 */
export function createRunStep(context: AgentContext) {
  return async (task: StepTask, config: NodeConfig): Promise<PlanAgentUpdate> => {
    const { step, plan } = task;
    const startedAt = new Date().toISOString();
    const say = (state: StepState): PlanAgentUpdate => {
      tell(config, "step", `${task.digest}/${step.id}`, {
        plan: plan.id,
        digest: task.digest,
        step: step.id,
        ...state,
      });
      return { steps: { [step.id]: state } };
    };
    say({ status: "running", startedAt });
    let filled: Record<string, unknown> | undefined;
    try {
      await checkContract(context, task, config);
      if (step.late) {
        filled = await fillLate(context, task, config);
        say({ status: "running", startedAt, filled });
      }
      const output = await perform(context, task, { ...step.args, ...filled }, config);
      const finishedAt = new Date().toISOString();
      return say({ status: "done", startedAt, finishedAt, ...(filled ? { filled } : {}), ...cut(output) });
    } catch (error) {
      if (isGraphBubbleUp(error) || config.signal?.aborted) throw error;
      const message = error instanceof Error ? error.message : String(error);
      const finishedAt = new Date().toISOString();
      const status = error instanceof EffectSkippedError ? "skipped" : "failed";
      return say({ status, startedAt, finishedAt, ...(filled ? { filled } : {}), error: message });
    }
  };
}

async function checkContract({ specs }: AgentContext, task: StepTask, config: NodeConfig): Promise<void> {
  const { step, plan, digest, decisions } = task;
  const kept = await receipts(config);
  // Without a server the plan came with the decision in this very run; its digest was checked by execute_plan.
  const fallback = { plan: { ...plan, digest }, decisions };
  const approved = approvedPlan(digest, kept, fallback, specs);
  if (approved === undefined || !isInContract(step, approved)) {
    throw new Error("This step is not in the plan that was approved. It was not run.");
  }
}

async function perform(
  context: AgentContext,
  { step, plan, digest }: StepTask,
  args: Record<string, unknown>,
  config: NodeConfig,
): Promise<string> {
  const spec = context.specs.find(({ name }) => name === step.tool);
  if (spec === undefined) throw new Error(`There is no tool ${step.tool} here any more. Make a new plan.`);
  const issues = schemaIssues(spec.inputSchema, args);
  if (issues.length > 0) throw new Error(`The arguments do not fit the tool: ${issues.join("; ")}.`);
  const key = `${digest}/${step.id}/1`;
  return effect(
    config,
    {
      key,
      scope: "thread",
      idempotent: spec.idempotent,
      about: { title: step.title, tool: step.tool, args, risk: step.risk },
    },
    ({ idempotencyKey, signal }) => {
      const call = { id: `${plan.id}:${step.id}`, name: step.tool, args };
      return callTool(context, call, { ...config, signal }, idempotencyKey);
    },
  );
}

/** A person may have said what an effect in doubt returned: any JSON, or nothing. */
function cut(returned: unknown): Pick<StepState, "output" | "outputLength"> {
  const output = typeof returned === "string" ? returned : returned == null ? "" : JSON.stringify(returned);
  if (output.length <= maxOutput) return { output };
  return { output: output.slice(0, maxOutput), outputLength: output.length };
}
