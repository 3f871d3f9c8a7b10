import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { type StructuredToolInterface, tool } from "@langchain/core/tools";
import { getConfig, interrupt, isGraphBubbleUp } from "@langchain/langgraph";
import {
  digestOfPlan,
  judgeProposal,
  type Plan,
  type PlanStep,
  planDecision,
  proposePlanTool,
} from "countersign/agent";
import { effect, receipts } from "countersign/effects";
import { describeTool, type ToolSpec } from "countersign/tools";
import { createMiddleware } from "langchain";
import { z } from "zod";

/**
 * Middleware for LangChain's `createAgent`: the model may read as it likes; every other call must be a step of a
 * plan that a person approved, with its arguments, once, after the steps it waits for.
 *
 * @example createAgent({ model, tools, middleware: [requirePlan(tools)] })
 */
export function requirePlan(tools: readonly StructuredToolInterface[]) {
  const specs = tools.map(describeTool);
  const { name, description, parameters } = proposePlanTool(specs).function as {
    name: string;
    description: string;
    parameters: Record<string, unknown>;
  };
  const rules = `Before you call a tool that changes anything, call ${name} with all the steps. Once the person has approved, make exactly these calls, in this order; nothing else is run.`;

  /** Answers a proposal with the person's decision; what was approved stays with the message. */
  function review({ id = "", args }: Call): ToolMessage {
    const told = (content: object, plan?: Plan) =>
      new ToolMessage({ tool_call_id: id, name, content: JSON.stringify(content), artifact: { plan } });
    const judged = judgeProposal(args, specs, { id, revision: 1 });
    if (!("plan" in judged)) return told({ error: judged.issues.join("; ") });
    const { plan } = judged;
    const schema = planDecision(plan.digest);
    const question = { type: "plan_review", plan, allowed: ["approve", "edit", "reject", "cancel"] };
    const answer = schema.parse(interrupt(question, { responseSchema: z.toJSONSchema(schema, { io: "input" }) }));
    if (answer.type === "approve") return told({ decision: "approve" }, plan);
    if (answer.type !== "edit") return told({ ...answer, decision: answer.type });
    const edited = judgeProposal(answer.plan, specs, { id, revision: 2 });
    if (!("plan" in edited)) return told({ error: edited.issues.join("; ") });
    return told({ decision: "edit", plan: edited.plan }, edited.plan);
  }

  return createMiddleware({
    name: "RequirePlan",
    tools: [tool(() => "", { name, description, schema: parameters })],
    wrapModelCall: (request, handler) => handler({ ...request, systemMessage: request.systemMessage.concat(rules) }),
    async wrapToolCall(request, handler) {
      const call = request.toolCall;
      if (call.name === name) return review(call);
      if (specs.some((spec) => spec.name === call.name && spec.risk === "read")) return handler(request);
      const found = await permit(call, request.state.messages, specs);
      if ("refusal" in found) {
        const fields = { tool_call_id: call.id ?? "", name: call.name, status: "error" as const };
        return new ToolMessage({ ...fields, content: found.refusal, artifact: { refused: true } });
      }
      // Under the record of effects, where a server of ours keeps one: not twice, also after a crash.
      const key = `${found.plan.digest}/${found.step.id}`;
      const about = { title: found.step.title, tool: call.name, args: call.args };
      const answer = { tool_call_id: call.id ?? "", name: call.name };
      try {
        const content = await effect(getConfig() ?? {}, { key, scope: "thread", about }, async () => {
          const result = await handler(request);
          if (!ToolMessage.isInstance(result)) throw new Error(`${call.name} returned a command.`);
          return result.text;
        });
        return new ToolMessage({ ...answer, content });
      } catch (error) {
        if (isGraphBubbleUp(error)) throw error;
        return new ToolMessage({ ...answer, content: String(error), status: "error" });
      }
    },
  });
}

interface Call {
  id?: string | undefined;
  name: string;
  args: Record<string, unknown>;
}

type Permit = { plan: Plan; step: PlanStep } | { refusal: string };

/** The step of the approved plan that this call is, or why it is none. */
async function permit(call: Call, messages: readonly BaseMessage[], specs: readonly ToolSpec[]): Promise<Permit> {
  const since = messages.slice(messages.findLastIndex((message) => HumanMessage.isInstance(message)) + 1);
  const results = new Map(
    since.flatMap((message) => (ToolMessage.isInstance(message) ? [[message.tool_call_id, message]] : [])),
  );
  const claimed = [...results.values()].findLast(({ artifact }) => artifact?.plan)?.artifact.plan as Plan | undefined;
  const plan = claimed && (await approved(claimed, specs));
  if (plan === undefined) return { refusal: "No plan was approved. Propose one." };
  const calls = since.flatMap((message) => (AIMessage.isInstance(message) ? (message.tool_calls ?? []) : []));
  const taken = new Map<string, string>();
  // The same call may be in the plan twice: each takes the next step that it fits.
  for (const made of calls) {
    if (results.get(made.id ?? "")?.artifact?.refused) continue;
    const step = plan.steps.find((one) => !taken.has(one.id) && isSame(one, made));
    if (step === undefined) continue;
    if (made.id === call.id) {
      const isDone = (id: string) => {
        const result = results.get(taken.get(id) ?? "");
        return result !== undefined && result.status !== "error";
      };
      if (step.after.every(isDone)) return { plan, step };
      return { refusal: `${step.id} waits for ${step.after.join(", ")}: make this call when that is done.` };
    }
    taken.set(step.id, made.id ?? "");
  }
  return { refusal: "This call is not in the plan that was approved, or was made already." };
}

/** Where a server of ours keeps receipts, only they count: messages can be written by others. */
async function approved(claimed: Plan, specs: readonly ToolSpec[]): Promise<Plan | undefined> {
  const { digest } = claimed;
  const kept = await receipts(getConfig() ?? {});
  if (kept === undefined) return digestOfPlan(claimed) === digest ? claimed : undefined;
  for (const { question, answer } of kept) {
    const { plan } = question as { plan?: Plan };
    const { type, plan: edited } = answer as { type?: string; plan?: unknown };
    if (plan === undefined || (type !== "approve" && type !== "edit")) continue;
    const judged = type === "edit" ? judgeProposal(edited, specs, { id: plan.id, revision: 2 }) : { plan };
    if ("plan" in judged && judged.plan.digest === digest) return judged.plan;
  }
  return undefined;
}

/** The pinned arguments are the same, and those left open are there; nothing else. */
function isSame({ tool: name, args, late = {} }: PlanStep, call: Call): boolean {
  const pinned = Object.fromEntries(Object.entries(call.args).filter(([key]) => !Object.hasOwn(late, key)));
  return name === call.name && canonical(pinned) === canonical(args);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
