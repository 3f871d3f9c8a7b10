import { randomUUID } from "node:crypto";
import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import { sinceRequest } from "./about-plan.ts";
import { closeLeft } from "./close-record.ts";
import { type AgentContext, type NodeConfig, tell } from "./context.ts";
import { createDraftReader } from "./draft.ts";
import { type Ending, endingWords } from "./ending.ts";
import { resultsBudget, trimHistory } from "./history.ts";
import { textOf, toModelMessages } from "./model-messages.ts";
import { answerCalls, type Target } from "./planning-turn.ts";
import { proposePlanName, proposePlanTool } from "./proposal.ts";
import { askPersonTool } from "./question.ts";
import { readingTools } from "./read-now.ts";
import { createSpeaker } from "./speak.ts";
import type { PlanAgentUpdate, PlanAgentValues } from "./state.ts";
import { createMeter } from "./usage.ts";

/** Calls to the model for one plan, or one answer: reading tools, proposals that were not valid, and the one that is. */
export const maxTurns = 16;
/** Proposals that may be invalid. */
export const maxInvalid = 3;

/**
 * `generate_plan`: asks the model for a plan, a question, or an answer. Read-only tools run at once; a proposal is
 * judged before a person sees it, and the model gets to know what is wrong with it, a bounded number of times.
 */
export function createGeneratePlan(context: AgentContext) {
  const { model, specs, maxHistoryTokens, prompts } = context;
  const speak = createSpeaker(model, [...readingTools(context), proposePlanTool(specs), askPersonTool]);
  const system = new SystemMessage(prompts.planning(specs));

  return async (state: PlanAgentValues, config: NodeConfig): Promise<PlanAgentUpdate> => {
    const target = targetOf(state);
    const left = await closeLeft(state, resultsBudget(maxHistoryTokens), config);
    const { messages } = state;
    const history = await trimHistory(toModelMessages([...messages, ...left]), maxHistoryTokens);
    const said: BaseMessage[] = [];
    const meter = createMeter();
    const end = (told: BaseMessage[] = []): PlanAgentUpdate => {
      const isFresh = !ToolMessage.isInstance(messages.at(-1));
      return { messages: spoken([...left, ...said, ...told]), usage: { ...meter.used(), isFresh } };
    };
    const without = { plan: null, revision: 0, steps: null };
    const failures: Failure[] = [];

    for (let turn = 0; turn < maxTurns && failures.length < maxInvalid; turn += 1) {
      const heard = createDraftReader((draft) =>
        tell(config, "plan", `${target.id}/${target.revision}`, { revision: target.revision, draft }),
      );
      const conversation = [system, ...history, ...toModelMessages(said)];
      const { message, isBroken, ending } = await speak(conversation, { config, heard, meter });
      if (isBroken && (ending ?? "length") === "length") {
        failures.push(ending === "length" ? "tooLong" : "notJson");
        said.push(message, new HumanMessage(repairs[ending === "length" ? "tooLong" : "notJson"]));
      } else if (message.tool_calls?.length) {
        said.push(message);
        const verdict = await answerCalls(message, { context, config, target, messages, said });
        if (verdict === "invalid") failures.push("invalid");
        // The revision that was rejected stays in hand while the question is open.
        else if (verdict === "question") return target.previous === null ? { ...end(), ...without } : end();
        else if (verdict !== undefined) return { ...end(), ...inHand(verdict.plan, target) };
      } else {
        return { ...end(answer(message, ending, target)), ...without };
      }
    }
    return { ...end([say(giveUp(failures, target))]), ...without };
  };
}

/** What was wrong with a proposal: cut off at the limit of output tokens, no JSON, or no plan. */
type Failure = "tooLong" | "notJson" | "invalid";

export const repairs = {
  notJson:
    "The arguments of your tool call were not valid JSON. Make the call again with arguments that are one valid JSON object.",
  tooLong:
    "Your tool call was cut off at your limit of output tokens. Make it again, much shorter: fewer words, fewer steps, long content as late arguments.",
};

const reasons: Record<Failure, string> = {
  tooLong: "its plan was longer than its limit of output tokens. Ask for less at once, or raise that limit",
  notJson: "what it proposed could not be read, also after it was told so",
  invalid: "what it proposed was not a valid plan, also after it was told what was wrong",
};

function giveUp(failures: Failure[], { done }: Target): string {
  const last = failures.length < maxInvalid ? undefined : failures.at(-1);
  const why = last === undefined ? "it kept looking around and never came to a plan" : reasons[last];
  return `I could not make a plan: I asked the model several times, and ${why}. ${ranNothing(done)} Try saying it differently, or choose another model.`;
}

function ranNothing(done: Target["done"]): string {
  return done.length > 0 ? "Nothing more was run." : "Nothing was run.";
}

/** What the model said instead of a plan, and what a person must know when that is not all. */
function answer(message: AIMessage, ending: Ending | undefined, { done }: Target): BaseMessage[] {
  const isEmpty = textOf(message).trim() === "";
  if (ending === undefined && isEmpty) {
    return [say("The model answered with nothing. Please try again, or choose another model.")];
  }
  const notice = ending === undefined ? [] : [say(`${endingWords[ending]} ${ranNothing(done)}`)];
  return [...(isEmpty ? [] : [message]), ...notice];
}

/** A plan that was rejected, or left to be made anew from a step on, gets its next revision; anything else is a new plan. */
function targetOf({ plan, messages, decisions, steps }: PlanAgentValues): Target {
  const last = decisions.at(-1);
  const isDecided = sinceRequest(messages).some(
    (message) => ToolMessage.isInstance(message) && message.name === proposePlanName,
  );
  const isSentBack = last?.type === "reject" || last?.type === "replan";
  if (plan !== null && isDecided && isSentBack && last.digest === plan.digest) {
    const done = plan.steps.filter(({ id }) => steps[id]?.status === "done");
    return { id: plan.id, revision: plan.revision + 1, previous: plan, keep: last.keep ?? [], done };
  }
  return { id: randomUUID(), revision: 1, previous: null, keep: [], done: [] };
}

/** The plan, its steps waiting but for those that are done. */
function inHand(plan: NonNullable<PlanAgentValues["plan"]>, { done }: Target): PlanAgentUpdate {
  const stays = new Set(done.map(({ id }) => id));
  const anew = plan.steps
    .filter(({ id }) => !stays.has(id))
    .map(({ id }) => [id, { status: "waiting" }] as const);
  const steps = done.length === 0 ? null : Object.fromEntries(anew);
  return { plan, revision: plan.revision, steps };
}

/** What belongs into the conversation: not the requests to write valid JSON. */
function spoken(said: BaseMessage[]): BaseMessage[] {
  return said.filter((message) => !HumanMessage.isInstance(message));
}

function say(text: string): AIMessage {
  return new AIMessage({ id: randomUUID(), content: text });
}
