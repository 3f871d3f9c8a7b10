import { randomUUID } from "node:crypto";
import { AIMessage, type BaseMessage, ToolMessage } from "@langchain/core/messages";
import { interrupt } from "@langchain/langgraph";
import { z } from "zod";
import { toQuestion } from "./about-plan.ts";
import { changesBetween } from "./changes.ts";
import type { AgentContext, NodeConfig } from "./context.ts";
import { autonomies, type Decision, type PlanReview, planAnswer } from "./decision.ts";
import { askedAbout, lastProposal } from "./model-messages.ts";
import type { Plan } from "./plan.ts";
import { contractOf, judgeProposal, proposePlanName } from "./proposal.ts";
import { signature } from "./signature.ts";
import type { PlanAgentUpdate, PlanAgentValues } from "./state.ts";
import type { Usage } from "./usage.ts";

/** `human_decision`: holds nothing but the question, since it runs again from its top when it is answered. */
export function createHumanDecision({ specs }: AgentContext) {
  return async (
    { plan, messages, steps, usage }: PlanAgentValues,
    config: NodeConfig,
  ): Promise<PlanAgentUpdate> => {
    if (plan === null) throw new Error("There is no plan to decide on.");
    const previous = revisionBefore(plan, messages);
    const done = plan.steps.map(({ id }) => id).filter((id) => steps[id]?.status === "done");
    const review: PlanReview = {
      type: "plan_review",
      plan,
      ...(previous ? { changes: changesBetween(previous, plan) } : {}),
      ...(done.length > 0 ? { done } : {}),
      allowed: ["approve", "edit", "reject", "ask", "cancel"],
      autonomy: autonomies,
    };
    const schema = planAnswer(plan.digest);
    // As JSON Schema of what is sent: what has a default may be left out, and is filled in here.
    const responseSchema = z.toJSONSchema(schema, { io: "input" });
    const answer = schema.parse(interrupt(review, { responseSchema }));
    const { id: planId, revision, digest } = plan;
    const signed = { planId, revision, digest, ...(await signature(config)) };
    if (answer.type === "ask") return { messages: [toQuestion(answer.question, signed)] };
    const autonomy = answer.type === "approve" || answer.type === "edit" ? answer.autonomy : undefined;
    const decided = { ...signed, ...(autonomy ? { autonomy } : {}) };

    if (answer.type === "approve") return { decisions: [{ ...decided, type: "approve" }] };
    if (answer.type === "edit") {
      const { tools = {} } = plan;
      const judged = judgeProposal(answer.plan, specs, { id: planId, revision: revision + 1, tools });
      const issues = "plan" in judged ? changedThoughDone(plan, judged.plan, done) : judged.issues;
      if (!("plan" in judged) || issues.length > 0) {
        throw new Error(`The edited plan is not valid: ${issues.join("; ")}.`);
      }
      const { plan: approved } = judged;
      const changes = changesBetween(plan, approved);
      const { revision: next, digest: seen } = approved;
      const edited: Decision = { ...decided, type: "edit", revision: next, digest: seen, changes };
      return { plan: { ...plan, ...approved }, revision: next, decisions: [edited] };
    }
    if (answer.type === "reject") {
      const { feedback, keep, comments } = answer;
      const decision: Decision = {
        ...decided,
        type: "reject",
        feedback,
        ...(keep ? { keep } : {}),
        ...(comments ? { comments } : {}),
      };
      const told = { decision: "reject", feedback, keep: keep ?? [], comments: comments ?? {} };
      return { decisions: [decision], messages: [answerTo(messages, told, { plan, decision, usage })] };
    }
    const reason = answer.reason ? { reason: answer.reason } : {};
    const decision: Decision = { ...decided, type: "cancel", ...reason };
    const closed = answerTo(messages, { decision: "cancel", ...reason }, { plan, decision, usage });
    const bye = new AIMessage({
      id: randomUUID(),
      content: done.length > 0 ? "Stopped. Nothing more was run." : "Stopped. Nothing was run.",
    });
    return { decisions: [decision], messages: [closed, bye] };
  };
}

/** What is wrong with an edit that changes what has happened already. Leaving such a step out is no change. */
export function changedThoughDone(asked: Plan, edited: Plan, done: readonly string[]): string[] {
  return done.flatMap((id) => {
    const before = asked.steps.find((step) => step.id === id);
    const after = edited.steps.find((step) => step.id === id);
    if (!before || !after) return [];
    const isSame = contractOf({ ...after, after: [] }) === contractOf({ ...before, after: [] });
    return isSame ? [] : [`step ${id} is done and stays as it is; give a new step an id of its own`];
  });
}

/** What the locked card of a decided plan shows: it travels with the message, and never to a model. */
export interface PlanRecord {
  plan: Plan;
  decision: Decision;
  steps?: PlanAgentValues["steps"];
  /** Tokens that the request had taken by then. */
  usage?: Usage;
}

/** The answer to the model's last proposal, with what was asked about it before, as docs/model-contract.md has it. */
export function answerTo(
  messages: readonly BaseMessage[],
  told: Record<string, unknown>,
  record: PlanRecord,
): ToolMessage {
  const callId = lastProposal(messages) ?? "";
  return new ToolMessage({
    id: randomUUID(),
    tool_call_id: callId,
    name: proposePlanName,
    content: JSON.stringify({ ...told, ...askedAbout(messages, callId) }),
    artifact: record,
  });
}

/** The revision before this one, from its record: it was rejected, or left to be made anew. */
function revisionBefore(plan: Plan, messages: readonly BaseMessage[]): Plan | undefined {
  const records = messages.flatMap((message) =>
    ToolMessage.isInstance(message) && message.name === proposePlanName
      ? [message.artifact as PlanRecord | undefined]
      : [],
  );
  return records.findLast(
    (record) => record?.plan?.id === plan.id && record.plan.revision === plan.revision - 1,
  )?.plan;
}
