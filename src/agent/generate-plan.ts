import { randomUUID } from "node:crypto";
import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import { closeLeft } from "./close-record.ts";
import { type AgentContext, type NodeConfig, tell } from "./context.ts";
import { createDraftReader } from "./draft.ts";
import { listen } from "./listen.ts";
import { textOf, toModelMessages } from "./model-messages.ts";
import { answerCalls, type Target } from "./planning-turn.ts";
import { planningPrompt } from "./prompts.ts";
import { proposePlanTool } from "./proposal.ts";
import type { PlanAgentUpdate, PlanAgentValues } from "./state.ts";

/** Calls to the model for one plan: reading tools, proposals that were not valid, and the one that is. */
const maxTurns = 16;
/** Proposals that may be invalid. */
const maxInvalid = 3;

/**
 * `generate_plan`: asks the model for a plan, or an answer. Read-only tools run at once; a proposal is
 * judged before a person sees it, and the model gets to know what is wrong with it, a bounded number of times.
 */
export function createGeneratePlan(context: AgentContext) {
  const reading = context.specs.flatMap(({ name, risk }) =>
    risk === "read" ? (context.tools.get(name) ?? []) : [],
  );
  const system = new SystemMessage(planningPrompt(context.specs));

  return async (state: PlanAgentValues, config: NodeConfig): Promise<PlanAgentUpdate> => {
    if (context.model.bindTools === undefined)
      throw new Error("The model cannot call tools. Choose one that can.");
    const planner = context.model.bindTools([...reading, proposePlanTool(context.specs)]);
    const target = targetOf(state);
    const left = closeLeft(state);
    const conversation = toModelMessages([...state.messages, ...left]);
    const said: BaseMessage[] = [];
    let invalid = 0;

    for (let turn = 0; turn < maxTurns && invalid < maxInvalid; turn += 1) {
      const stream = await planner.stream([system, ...conversation, ...toModelMessages(said)], config);
      const readDraft = createDraftReader((draft) =>
        tell(config, "plan", `${target.id}/${target.revision}`, { revision: target.revision, draft }),
      );
      const { message, isBroken } = await listen(stream, readDraft);
      if (isBroken) {
        invalid += 1;
        said.push(message, new HumanMessage(repairRequest));
      } else if (message.tool_calls?.length) {
        said.push(message);
        const verdict = await answerCalls(message, { context, config, target, said });
        if (verdict === "invalid") invalid += 1;
        else if (verdict !== undefined) return propose([...left, ...said], verdict, target);
      } else if (textOf(message).trim() !== "") {
        return answer([...left, ...said, message]);
      } else {
        return answer([
          ...left,
          ...said,
          say("The model answered with nothing. Please try again, or choose another model."),
        ]);
      }
    }
    return answer([...left, ...said, say(giveUp(invalid))]);
  };
}

const repairRequest =
  "The arguments of your tool call were not valid JSON. Make the call again with arguments that are one valid JSON object.";

function giveUp(invalid: number): string {
  const why =
    invalid >= maxInvalid
      ? "what it proposed was not a valid plan, also after it was told what was wrong"
      : "it kept looking around and never came to a plan";
  return `I could not make a plan: I asked the model several times, and ${why}. Nothing was run. Try saying it differently, or choose another model.`;
}

/** A plan that was rejected, or left to be made anew from a step on, gets its next revision; anything else is a new plan. */
function targetOf({ plan, messages, decisions, steps }: PlanAgentValues): Target {
  const last = decisions.at(-1);
  const isSentBack = last?.type === "reject" || last?.type === "replan";
  if (plan !== null && isSentBack && last.digest === plan.digest && ToolMessage.isInstance(messages.at(-1))) {
    const done = plan.steps.filter(({ id }) => steps[id]?.status === "done");
    return { id: plan.id, revision: plan.revision + 1, previous: plan, keep: last.keep ?? [], done };
  }
  return { id: randomUUID(), revision: 1, previous: null, keep: [], done: [] };
}

function propose(
  said: BaseMessage[],
  plan: NonNullable<PlanAgentValues["plan"]>,
  { done }: Target,
): PlanAgentUpdate {
  const stays = new Set(done.map(({ id }) => id));
  const anew = plan.steps
    .filter(({ id }) => !stays.has(id))
    .map(({ id }) => [id, { status: "waiting" }] as const);
  const steps = done.length === 0 ? null : Object.fromEntries(anew);
  return { messages: spoken(said), plan, revision: plan.revision, steps };
}

function answer(said: BaseMessage[]): PlanAgentUpdate {
  return { messages: spoken(said), plan: null, revision: 0, steps: null };
}

/** What belongs into the conversation: not the requests to write valid JSON. */
function spoken(said: BaseMessage[]): BaseMessage[] {
  return said.filter((message) => !HumanMessage.isInstance(message));
}

function say(text: string): AIMessage {
  return new AIMessage({ id: randomUUID(), content: text });
}
