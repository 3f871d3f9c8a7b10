import { HumanMessage, ToolMessage } from "@langchain/core/messages";
import { END, START, StateGraph } from "@langchain/langgraph";
import { isRecord } from "../protocol/json.ts";
import { schemaIssues } from "../protocol/json-schema.ts";
import { describeTool, type ToolSpec } from "../tools/index.ts";
import { aboutPlan } from "./about-plan.ts";
import type { AgentContext, PlanAgentOptions } from "./context.ts";
import { asksNobody } from "./contract.ts";
import { afterExecute } from "./execute-plan.ts";
import { defaultHistoryTokens } from "./history.ts";
import { changedThoughDone } from "./human-decision.ts";
import { createNodes } from "./nodes.ts";
import type { Plan } from "./plan.ts";
import { defaultPrompts } from "./prompts.ts";
import { judgeProposal } from "./proposal.ts";
import { openQuestion } from "./question.ts";
import { PlanAgentInput, PlanAgentState, type PlanAgentValues } from "./state.ts";
import { createWaves } from "./wave.ts";

/** More super-steps than any plan takes; the engine's default of 25 stops a plan of 30 steps. */
const recursionLimit = 1_000;

/**
 * The agent of the question: `generate_plan -> human_decision -> execute_plan (run_step …) -> summarize`,
 * with feedback going back to `generate_plan`, `clarify` for what the model has to ask first, `answer_question` for
 * what the person wants to know about the plan, and questions about single steps (`step_failed`, `step_review`, `deviation_review`) while the plan runs. An ordinary LangGraph graph: it needs a checkpointer,
 * which `createServer` brings; elsewhere give it one.
 *
 * @example createServer({ graphs: { agent: createPlanAgent({ model, tools }) }, store })
 */
export function createPlanAgent(options: PlanAgentOptions) {
  const context = toContext(options);
  const ours = createNodes(context);
  const nodes = { ...ours, ...options.nodes?.(ours) };
  const graph = new StateGraph({ stateSchema: PlanAgentState, input: PlanAgentInput })
    .addNode("generate_plan", nodes.generate_plan)
    .addNode("clarify", nodes.clarify)
    .addNode("human_decision", nodes.human_decision)
    .addNode("answer_question", nodes.answer_question)
    .addNode("execute_plan", nodes.execute_plan)
    .addNode("run_step", nodes.run_step)
    .addNode("step_failed", nodes.step_failed)
    .addNode("step_review", nodes.step_review)
    .addNode("deviation_review", nodes.deviation_review)
    .addNode("summarize", nodes.summarize)
    .addEdge(START, "generate_plan")
    .addConditionalEdges("generate_plan", afterPlanning(context), [
      "clarify",
      "human_decision",
      "execute_plan",
      END,
    ])
    .addConditionalEdges("clarify", afterQuestion, ["generate_plan", END])
    .addConditionalEdges("human_decision", afterDecision, [
      "answer_question",
      "generate_plan",
      "execute_plan",
      END,
    ])
    .addEdge("answer_question", "human_decision")
    .addConditionalEdges("execute_plan", afterExecute(context), [
      "run_step",
      "step_failed",
      "step_review",
      "deviation_review",
      "generate_plan",
      "summarize",
      END,
    ])
    .addEdge("run_step", "execute_plan")
    .addEdge("step_failed", "execute_plan")
    .addEdge("step_review", "execute_plan")
    .addEdge("deviation_review", "execute_plan")
    .addEdge("summarize", END)
    .compile(options.checkpointer ? { checkpointer: options.checkpointer } : {})
    .withConfig({ recursionLimit });
  return Object.assign(graph, {
    validateAnswer: createValidateAnswer(context),
    /** What a plan may use, for whoever lists it; a server serves it as `GET /assistants/:id/tools`. */
    describeTools: (): ToolSpec[] => structuredClone([...context.specs]),
  });
}

/** A plan of calls that are never asked about is not asked about. */
function afterPlanning({ policy }: AgentContext) {
  return ({ messages, plan }: PlanAgentValues) => {
    if (openQuestion(messages)) return "clarify";
    if (plan === null) return END;
    return asksNobody(plan, policy) ? "execute_plan" : "human_decision";
  };
}

/** Planning goes on with the answer; after a cancel there is something to say instead. */
function afterQuestion({ messages }: PlanAgentValues): "generate_plan" | typeof END {
  return ToolMessage.isInstance(messages.at(-1)) ? "generate_plan" : END;
}

function afterDecision({ messages, decisions }: PlanAgentValues) {
  const last = messages.at(-1);
  if (HumanMessage.isInstance(last) && aboutPlan(last)) return "answer_question";
  const type = decisions.at(-1)?.type;
  if (type === "approve" || type === "edit") return "execute_plan";
  return type === "reject" ? "generate_plan" : END;
}

/** What JSON Schema cannot say about an answer; the server asks before it accepts one. */
function createValidateAnswer({ specs }: AgentContext) {
  return ({ value }: { value: unknown }, answer: unknown): string[] => {
    if (!isRecord(value) || !isRecord(answer)) return [];
    if (value.type === "plan_review") return planIssues(value, answer, specs);
    const isAboutStep = value.type === "step_failed" || value.type === "step_review";
    if (!isAboutStep || answer.type !== "edit" || !isRecord(value.step)) return [];
    const { tool } = value.step;
    const spec = specs.find(({ name }) => name === tool);
    if (spec === undefined) return [`there is no tool ${String(tool)} here any more`];
    return schemaIssues(spec.inputSchema, answer.args).map((issue) => `args: ${issue}`);
  };
}

function planIssues(
  value: Record<string, unknown>,
  answer: Record<string, unknown>,
  specs: AgentContext["specs"],
): string[] {
  const plan = value.plan as Plan;
  if (answer.type === "edit") {
    const { id, revision, tools = {} } = plan;
    const judged = judgeProposal(answer.plan, specs, { id, revision: revision + 1, tools });
    if (!("plan" in judged)) return judged.issues;
    return changedThoughDone(plan, judged.plan, (value.done as string[] | undefined) ?? []);
  }
  if (answer.type !== "reject") return [];
  const ids = new Set(plan.steps.map(({ id }) => id));
  const named = [
    ...((answer.keep as string[] | undefined) ?? []),
    ...Object.keys((answer.comments as object | undefined) ?? {}),
  ];
  return named.filter((id) => !ids.has(id)).map((id) => `there is no step ${id} in this plan`);
}

function toContext({
  model,
  tools,
  maxParallelSteps = 4,
  maxHistoryTokens = defaultHistoryTokens,
  policy = [],
  stepTimeoutMs = Number.POSITIVE_INFINITY,
  onFailure = "ask",
  prompts,
}: PlanAgentOptions): AgentContext {
  const names = tools.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw new Error(`Two tools are named ${twice}. Give each its own name.`);
  return {
    model,
    tools: new Map(tools.map((tool) => [tool.name, tool])),
    specs: tools.map(describeTool),
    maxParallelSteps,
    maxHistoryTokens,
    policy,
    stepTimeoutMs,
    onFailure,
    prompts: { ...defaultPrompts, ...prompts },
    waves: createWaves(maxParallelSteps),
  };
}
