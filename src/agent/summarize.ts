import { randomUUID } from "node:crypto";
import { AIMessage, type BaseMessage, SystemMessage } from "@langchain/core/messages";
import { concat } from "@langchain/core/utils/stream";
import { closeRecord } from "./close-record.ts";
import type { AgentContext, NodeConfig } from "./context.ts";
import { toModelMessages, toPlainMessage } from "./model-messages.ts";
import { closingPrompt } from "./prompts.ts";
import type { PlanAgentUpdate, PlanAgentValues } from "./state.ts";

/** `summarize`: closes the plan's record and has the model tell how it went. */
export function createSummarize({ model }: AgentContext) {
  return async (
    { plan, steps, decisions, messages }: PlanAgentValues,
    config: NodeConfig,
  ): Promise<PlanAgentUpdate> => {
    if (plan === null) throw new Error("There is no plan to sum up.");
    const decision = decisions.findLast(({ digest }) => digest === plan.digest);
    if (decision === undefined) throw new Error("There is no decision on this plan.");
    const closed = closeRecord(messages, { plan, decision, steps });
    const prompt = [new SystemMessage(closingPrompt), ...toModelMessages([...messages, closed])];
    return { messages: [closed, await tellHowItWent(model, prompt, config)] };
  };
}

/** The steps are done, whatever the model says or does not say: a failing model must not take that away. */
async function tellHowItWent(
  model: AgentContext["model"],
  prompt: BaseMessage[],
  config: NodeConfig,
): Promise<AIMessage> {
  try {
    let whole: Awaited<ReturnType<typeof model.invoke>> | undefined;
    for await (const chunk of await model.stream(prompt, config)) {
      whole = whole === undefined ? chunk : concat(whole, chunk);
    }
    if (whole !== undefined) return toPlainMessage(whole);
  } catch (error) {
    config.signal?.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    return new AIMessage({
      id: randomUUID(),
      content: `The plan has run; see its steps above. The model could not sum it up: ${why}`,
    });
  }
  return new AIMessage({ id: randomUUID(), content: "The plan has run; see its steps above." });
}
