import { randomUUID } from "node:crypto";
import { AIMessage, type BaseMessage, SystemMessage } from "@langchain/core/messages";
import { closeRecord } from "./close-record.ts";
import type { AgentContext, NodeConfig } from "./context.ts";
import { endingWords } from "./ending.ts";
import { resultsBudget, trimHistory } from "./history.ts";
import type { PlanRecord } from "./human-decision.ts";
import { textOf, toModelMessages } from "./model-messages.ts";
import { createSpeaker } from "./speak.ts";
import type { PlanAgentUpdate, PlanAgentValues } from "./state.ts";
import { addUsage, createMeter, type Meter } from "./usage.ts";

/** `summarize`: closes the plan's record and has the model tell how it went. */
export function createSummarize({ model, maxHistoryTokens, prompts }: AgentContext) {
  return async (
    { plan, steps, decisions, messages, usage }: PlanAgentValues,
    config: NodeConfig,
  ): Promise<PlanAgentUpdate> => {
    if (plan === null) throw new Error("There is no plan to sum up.");
    const decision = decisions.findLast(({ digest }) => digest === plan.digest);
    if (decision === undefined) throw new Error("There is no decision on this plan.");
    const record: Required<PlanRecord> = { plan, decision, steps, usage };
    const closed = closeRecord(messages, record, resultsBudget(maxHistoryTokens));
    const history = await trimHistory(toModelMessages([...messages, closed]), maxHistoryTokens);
    const meter = createMeter();
    const told = await tellHowItWent(model, [new SystemMessage(prompts.closing), ...history], {
      config,
      meter,
    });
    record.usage = addUsage(usage, meter.used());
    return { messages: [closed, ...told], usage: meter.used() };
  };
}

/** The steps are done, whatever the model says or does not say: a failing model must not take that away. */
async function tellHowItWent(
  model: AgentContext["model"],
  prompt: BaseMessage[],
  { config, meter }: { config: NodeConfig; meter: Meter },
): Promise<AIMessage[]> {
  const say = (content: string) => new AIMessage({ id: randomUUID(), content });
  try {
    const { message, ending } = await createSpeaker(model, [])(prompt, { config, meter });
    const notice = ending === undefined ? [] : [say(endingWords[ending])];
    // No tool is bound: what it calls all the same is nobody's call.
    message.tool_calls = [];
    if (textOf(message).trim() !== "") return [message, ...notice];
    return [say("The plan has run; see its steps above."), ...notice];
  } catch (error) {
    config.signal?.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    return [say(`The plan has run; see its steps above. The model could not sum it up: ${why}`)];
  }
}
