import { randomUUID } from "node:crypto";
import { AIMessage, type BaseMessage, ToolMessage } from "@langchain/core/messages";
import { interrupt } from "@langchain/langgraph";
import { z } from "zod";
import { receipts } from "../effects/index.ts";
import { changesBetween } from "./changes.ts";
import type { AgentContext, NodeConfig } from "./context.ts";
import { type Decision, type Plan, type PlanReview, planAnswer } from "./plan.ts";
import { judgeProposal, proposePlanName } from "./proposal.ts";
import type { PlanAgentUpdate, PlanAgentValues } from "./state.ts";

/** `human_decision`: holds nothing but the question, since it runs again from its top when it is answered. */
export function createHumanDecision({ specs }: AgentContext) {
  return async ({ plan, messages }: PlanAgentValues, config: NodeConfig): Promise<PlanAgentUpdate> => {
    if (plan === null) throw new Error("There is no plan to decide on.");
    const previous = rejectedBefore(plan, messages);
    const review: PlanReview = {
      type: "plan_review",
      plan,
      ...(previous ? { changes: changesBetween(previous, plan) } : {}),
      allowed: ["approve", "edit", "reject", "cancel"],
    };
    const schema = planAnswer(plan.digest);
    // As JSON Schema of what is sent: what has a default may be left out, and is filled in here.
    const responseSchema = z.toJSONSchema(schema, { io: "input" });
    const answer = schema.parse(interrupt(review, { responseSchema }));
    const decided = {
      planId: plan.id,
      revision: plan.revision,
      digest: plan.digest,
      ...(await signature(config)),
    };

    if (answer.type === "approve") return { decisions: [{ ...decided, type: "approve" }] };
    if (answer.type === "edit") {
      const judged = judgeProposal(answer.plan, specs, { id: plan.id, revision: plan.revision + 1 });
      if (!("plan" in judged)) throw new Error(`The edited plan is not valid: ${judged.issues.join("; ")}.`);
      const { revision, digest } = judged.plan;
      const changes = changesBetween(plan, judged.plan);
      const edited: Decision = { ...decided, type: "edit", revision, digest, changes };
      return { plan: judged.plan, revision, decisions: [edited] };
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
      return { decisions: [decision], messages: [answerTo(messages, told, { plan, decision })] };
    }
    const reason = answer.reason ? { reason: answer.reason } : {};
    const decision: Decision = { ...decided, type: "cancel", ...reason };
    const closed = answerTo(messages, { decision: "cancel", ...reason }, { plan, decision });
    const bye = new AIMessage({ id: randomUUID(), content: "Stopped. Nothing was run." });
    return { decisions: [decision], messages: [closed, bye] };
  };
}

/** Who decided and when, by the server's receipt for this very task. */
async function signature(config: NodeConfig): Promise<Pick<Decision, "by" | "at">> {
  const taskId = String(config.metadata?.langgraph_checkpoint_ns ?? "")
    .split(":")
    .at(-1);
  const receipt = (await receipts(config))?.findLast((one) => one.taskId === taskId);
  return receipt ? { by: receipt.actor, at: receipt.at } : {};
}

/** What the locked card of a decided plan shows: it travels with the message, and never to a model. */
export interface PlanRecord {
  plan: Plan;
  decision: Decision;
  steps?: PlanAgentValues["steps"];
}

/** The answer to the model's last proposal, as docs/model-contract.md has it. */
export function answerTo(
  messages: readonly BaseMessage[],
  told: Record<string, unknown>,
  record: PlanRecord,
): ToolMessage {
  const calls = messages.flatMap((message) =>
    AIMessage.isInstance(message) ? (message.tool_calls ?? []) : [],
  );
  const proposal = calls.findLast(({ name }) => name === proposePlanName);
  return new ToolMessage({
    id: randomUUID(),
    tool_call_id: proposal?.id ?? "",
    name: proposePlanName,
    content: JSON.stringify(told),
    artifact: record,
  });
}

/** The revision before this one, from the record of its rejection. */
function rejectedBefore(plan: Plan, messages: readonly BaseMessage[]): Plan | undefined {
  const records = messages.flatMap((message) =>
    ToolMessage.isInstance(message) && message.name === proposePlanName
      ? [message.artifact as PlanRecord | undefined]
      : [],
  );
  return records.findLast(
    (record) => record?.plan?.id === plan.id && record.plan.revision === plan.revision - 1,
  )?.plan;
}
