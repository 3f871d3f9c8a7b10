import { END, START, StateGraph } from "@langchain/langgraph";
import { isRecord } from "../protocol/json.ts";
import { describeTool } from "../tools/index.ts";
import type { AgentContext, PlanAgentOptions } from "./context.ts";
import { createExecutePlan, nextSteps } from "./execute-plan.ts";
import { createGeneratePlan } from "./generate-plan.ts";
import { createHumanDecision } from "./human-decision.ts";
import type { Plan } from "./plan.ts";
import { judgeProposal } from "./proposal.ts";
import { createRunStep } from "./run-step.ts";
import { PlanAgentInput, PlanAgentState, type PlanAgentValues } from "./state.ts";
import { createSummarize } from "./summarize.ts";

/** More super-steps than any plan takes; the engine's default of 25 stops a plan of 30 steps. */
const recursionLimit = 1_000;

/**
 * The agent of the question: `generate_plan -> human_decision -> execute_plan (run_step …) -> summarize`,
 * with feedback going back to `generate_plan`. An ordinary LangGraph graph: it needs a checkpointer,
 * which `createServer` brings; elsewhere give it one.
 *
 * @example createServer({ graphs: { agent: createPlanAgent({ model, tools }) }, store })
 */
export function createPlanAgent(options: PlanAgentOptions) {
  const context = toContext(options);
  const graph = new StateGraph({ stateSchema: PlanAgentState, input: PlanAgentInput })
    .addNode("generate_plan", createGeneratePlan(context))
    .addNode("human_decision", createHumanDecision(context))
    .addNode("execute_plan", createExecutePlan(context))
    .addNode("run_step", createRunStep(context))
    .addNode("summarize", createSummarize(context))
    .addEdge(START, "generate_plan")
    .addConditionalEdges("generate_plan", ({ plan }) => (plan === null ? END : "human_decision"), [
      "human_decision",
      END,
    ])
    .addConditionalEdges("human_decision", afterDecision, ["generate_plan", "execute_plan", END])
    .addConditionalEdges(
      "execute_plan",
      (state) => {
        const next = nextSteps(context, state);
        return next.length > 0 ? next : "summarize";
      },
      ["run_step", "summarize"],
    )
    .addEdge("run_step", "execute_plan")
    .addEdge("summarize", END)
    .compile(options.checkpointer ? { checkpointer: options.checkpointer } : {})
    .withConfig({ recursionLimit });
  return Object.assign(graph, { validateAnswer: createValidateAnswer(context) });
}

function afterDecision({ decisions }: PlanAgentValues): "generate_plan" | "execute_plan" | typeof END {
  const type = decisions.at(-1)?.type;
  if (type === "approve" || type === "edit") return "execute_plan";
  return type === "reject" ? "generate_plan" : END;
}

/** What JSON Schema cannot say about an answer; the server asks before it accepts one. */
function createValidateAnswer({ specs }: AgentContext) {
  return ({ value }: { value: unknown }, answer: unknown): string[] => {
    if (!isRecord(value) || value.type !== "plan_review" || !isRecord(answer)) return [];
    const plan = value.plan as Plan;
    if (answer.type === "edit") {
      const judged = judgeProposal(answer.plan, specs, { id: plan.id, revision: plan.revision + 1 });
      return "issues" in judged ? judged.issues : [];
    }
    if (answer.type !== "reject") return [];
    const ids = new Set(plan.steps.map(({ id }) => id));
    const named = [
      ...((answer.keep as string[] | undefined) ?? []),
      ...Object.keys((answer.comments as object | undefined) ?? {}),
    ];
    return named.filter((id) => !ids.has(id)).map((id) => `there is no step ${id} in this plan`);
  };
}

function toContext({ model, tools, maxParallelSteps = 4 }: PlanAgentOptions): AgentContext {
  const names = tools.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw new Error(`Two tools are named ${twice}. Give each its own name.`);
  return {
    model,
    tools: new Map(tools.map((tool) => [tool.name, tool])),
    specs: tools.map(describeTool),
    maxParallelSteps,
  };
}
