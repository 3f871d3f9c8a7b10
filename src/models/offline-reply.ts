import { type BaseMessage, HumanMessage } from "@langchain/core/messages";
import { readTurn } from "./offline-conversation.ts";
import { fillArguments } from "./offline-fill.ts";
import { answerAboutPlan } from "./offline-plan-questions.ts";
import { replyToRequest } from "./offline-planning.ts";
import { tellResults } from "./offline-summary.ts";
import { readTools } from "./offline-tools.ts";

/** What the model says: text, or tool calls. */
export type Reply = { text: string } | { calls: { name: string; args: Record<string, unknown> }[] };

/** Recognises what the agent asks for (docs/model-contract.md) by the tools bound to the call. */
export function replyTo(messages: readonly BaseMessage[], tools: readonly unknown[]): Reply {
  const bound = readTools(tools);
  if (bound.names.has("fill_arguments")) {
    const task = messages.findLast((message) => HumanMessage.isInstance(message));
    return fillArguments(task?.text ?? "", bound.toFill);
  }
  const turn = readTurn(messages);
  if (bound.names.has("propose_plan")) return replyToRequest(turn, bound);
  if (turn.question !== undefined) return answerAboutPlan(turn, turn.question, bound);
  if (turn.isCancelled) return { text: "Stopped. Nothing was run." };
  if (turn.results !== undefined) return { text: tellResults(turn, turn.results) };
  return replyToRequest(turn, bound);
}
