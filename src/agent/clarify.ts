import { randomUUID } from "node:crypto";
import { AIMessage, ToolMessage } from "@langchain/core/messages";
import { interrupt } from "@langchain/langgraph";
import { z } from "zod";
import type { NodeConfig } from "./context.ts";
import { askPersonName, type Clarification, clarificationAnswer, openQuestion } from "./question.ts";
import { signature } from "./signature.ts";
import type { PlanAgentUpdate, PlanAgentValues } from "./state.ts";

/** What was asked and answered, and by whom: it travels with the message, and never to a model. */
export interface ClarificationRecord {
  question: Clarification;
  answer: { type: "answer"; choice?: string | string[]; text?: string } | { type: "cancel"; reason?: string };
  /** From the server's receipt; absent where no server of ours keeps receipts. */
  by?: { id: string; verified: boolean };
  at?: string;
}

/** `clarify`: holds nothing but the model's question, since it runs again from its top when it is answered. */
export function createClarify() {
  return async ({ messages, steps }: PlanAgentValues, config: NodeConfig): Promise<PlanAgentUpdate> => {
    const open = openQuestion(messages);
    if (open === undefined) throw new Error("There is no question to answer.");
    const { question, callId } = open;
    const schema = clarificationAnswer(question);
    const responseSchema = z.toJSONSchema(schema, { io: "input" });
    const answer = schema.parse(interrupt(question, { responseSchema })) as ClarificationRecord["answer"];
    const record: ClarificationRecord = { question, answer, ...(await signature(config)) };
    const told = new ToolMessage({
      id: randomUUID(),
      tool_call_id: callId,
      name: askPersonName,
      content: JSON.stringify(toTold(answer)),
      artifact: record,
    });
    if (answer.type === "answer") return { messages: [told] };
    const hasRun = Object.values(steps).some(({ status }) => status === "done");
    const content = hasRun ? "Stopped. Nothing more was run." : "Stopped. Nothing was run.";
    const bye = new AIMessage({ id: randomUUID(), content });
    return { messages: [told, bye], plan: null, revision: 0, steps: null };
  };
}

/** What the model is told: docs/model-contract.md. */
function toTold(answer: ClarificationRecord["answer"]): Record<string, unknown> {
  if (answer.type === "cancel") {
    return { decision: "cancel", ...(answer.reason === undefined ? {} : { reason: answer.reason }) };
  }
  const { choice, text } = answer;
  return {
    answer: { ...(choice === undefined ? {} : { choice }), ...(text === undefined ? {} : { text }) },
  };
}
