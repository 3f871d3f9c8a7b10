import { randomUUID } from "node:crypto";
import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import { aboutPlan, markAbout } from "./about-plan.ts";
import type { AgentContext, NodeConfig } from "./context.ts";
import { type Ending, endingWords } from "./ending.ts";
import { maxInvalid, maxTurns, repairs } from "./generate-plan.ts";
import { trimHistory } from "./history.ts";
import { askedAbout, lastProposal, textOf, toModelMessages } from "./model-messages.ts";
import { proposePlanName } from "./proposal.ts";
import { readingTools, readNow, toToolMessage } from "./read-now.ts";
import { createSpeaker } from "./speak.ts";
import type { PlanAgentUpdate, PlanAgentValues } from "./state.ts";
import { createMeter, type Meter } from "./usage.ts";

/**
 * `answer_question`: has the model answer what the person asked about the plan that waits for them. It may read, and
 * nothing else; whatever it says or does not say, the plan is asked about again, as it was.
 */
export function createAnswerQuestion(context: AgentContext) {
  return async (state: PlanAgentValues, config: NodeConfig): Promise<PlanAgentUpdate> => {
    const { messages, plan } = state;
    const asked = messages.at(-1);
    const about = asked && aboutPlan(asked);
    if (plan === null || about === undefined) throw new Error("There is no question about a plan.");
    const said: BaseMessage[] = [];
    const meter = createMeter();
    try {
      said.push(...(await answer(context, state, { config, meter, said })));
    } catch (error) {
      // A model that fails must not keep the plan from the person.
      config.signal?.throwIfAborted();
      const why = error instanceof Error ? error.message : String(error);
      said.push(say(`The model could not answer: ${why}`));
    }
    const shown = toShown(said, new Set(readingTools(context).map(({ name }) => name)));
    return { messages: shown.map((message) => markAbout(message, about)), usage: meter.used() };
  };
}

interface Answering {
  config: NodeConfig;
  meter: Meter;
  /** What the model has said and read so far: kept also when it fails later on. */
  said: BaseMessage[];
}

/** What is said in the end. */
async function answer(
  context: AgentContext,
  state: PlanAgentValues,
  { config, meter, said }: Answering,
): Promise<AIMessage[]> {
  const { model, specs, maxHistoryTokens, prompts } = context;
  const speak = createSpeaker(model, readingTools(context));
  const system = new SystemMessage(prompts.answering(specs));
  const conversation = toModelMessages([...state.messages, toTold(state)]);
  const history = await trimHistory(conversation, maxHistoryTokens);
  let invalid = 0;
  for (let turn = 0; turn < maxTurns && invalid < maxInvalid; turn += 1) {
    const prompt = [system, ...history, ...toModelMessages(said)];
    const { message, isBroken, ending } = await speak(prompt, { config, meter });
    if (isBroken) {
      invalid += 1;
      said.push(message, new HumanMessage(repairs.notJson));
    } else if (message.tool_calls?.length) {
      said.push(message);
      for (const call of message.tool_calls) {
        const refusal = `${call.name} cannot be called now: the person has not decided on the plan yet. Answer their question.`;
        said.push(toToolMessage(call, await readNow(context, call, { config, refusal })));
      }
    } else {
      return toAnswer(message, ending);
    }
  }
  return [say("The model was asked several times, and did not come to an answer. Ask it differently.")];
}

/** The question, as the answer to the proposal that it is about: docs/model-contract.md, 4. */
function toTold({ messages, plan, steps }: PlanAgentValues): ToolMessage {
  const callId = lastProposal(messages) ?? "";
  const { asked = [] } = askedAbout(messages, callId);
  const question = asked.at(-1)?.question ?? "";
  const before = asked.slice(0, -1);
  const done = plan?.steps.map(({ id }) => id).filter((id) => steps[id]?.status === "done") ?? [];
  const told = {
    decision: "ask",
    question,
    ...(before.length > 0 ? { asked: before } : {}),
    ...(done.length > 0 ? { done } : {}),
  };
  return new ToolMessage({ tool_call_id: callId, name: proposePlanName, content: JSON.stringify(told) });
}

function toAnswer(message: AIMessage, ending: Ending | undefined): AIMessage[] {
  const isEmpty = textOf(message).trim() === "";
  if (ending === undefined && isEmpty) {
    return [say("The model answered with nothing. Ask again, or choose another model.")];
  }
  return [...(isEmpty ? [] : [message]), ...(ending === undefined ? [] : [say(endingWords[ending])])];
}

/**
 * What belongs into the conversation: words and readings. Calls of anything else were refused and leave no trace,
 * least of all a proposal, which would be taken for the plan that is asked about.
 */
function toShown(said: readonly BaseMessage[], reading: ReadonlySet<string>): BaseMessage[] {
  return said.flatMap((message): BaseMessage[] => {
    if (HumanMessage.isInstance(message)) return [];
    if (ToolMessage.isInstance(message)) return reading.has(message.name ?? "") ? [message] : [];
    if (!AIMessage.isInstance(message)) return [message];
    const { id = randomUUID(), tool_calls: calls = [] } = message;
    if (calls.every(({ name }) => reading.has(name))) return [message];
    // Under its own id, so that it takes the place of what was streamed.
    const usage = message.usage_metadata ? { usage_metadata: message.usage_metadata } : {};
    const kept = calls.filter(({ name }) => reading.has(name));
    return [new AIMessage({ id, content: textOf(message), tool_calls: kept, ...usage })];
  });
}

function say(text: string): AIMessage {
  return new AIMessage({ id: randomUUID(), content: text });
}
