// The workload, the same graph for every contestant: `generate_plan` streams a plan -> interrupt ->
// `execute_plan` streams its report over four steps, a super-step each.
import { setTimeout as sleep } from "node:timers/promises";
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage, AIMessageChunk } from "@langchain/core/messages";
import { ChatGenerationChunk } from "@langchain/core/outputs";
import { Annotation, END, interrupt, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";

const steps = 4;

/** A chat model that streams so many tokens, each after so many ms; 0 is as fast as it goes. */
class SyntheticModel extends BaseChatModel {
  constructor({ tokens, delayMs }) {
    super({});
    this.tokens = tokens;
    this.delayMs = delayMs;
  }

  _llmType() {
    return "synthetic";
  }

  async *_streamResponseChunks(_messages, _options, runManager) {
    const id = `synthetic-${crypto.randomUUID()}`;
    for (let token = 0; token < this.tokens; token += 1) {
      if (this.delayMs > 0) await sleep(this.delayMs);
      const text = `word${token % 100} `;
      const chunk = new ChatGenerationChunk({ text, message: new AIMessageChunk({ id, content: text }) });
      yield chunk;
      await runManager?.handleLLMNewToken(text, undefined, undefined, undefined, undefined, { chunk });
    }
  }

  async _generate(messages, options) {
    let whole;
    for await (const chunk of this._streamResponseChunks(messages, options))
      whole = whole?.concat(chunk) ?? chunk;
    return { generations: [{ text: whole.text, message: whole.message }] };
  }
}

const PlanState = Annotation.Root({
  ...MessagesAnnotation.spec,
  tokens: Annotation(),
  delayMs: Annotation(),
  step: Annotation(),
  decision: Annotation(),
});

const say = async ({ messages, delayMs }, tokens) =>
  new SyntheticModel({ tokens, delayMs: delayMs ?? 0 }).invoke(messages);

/** Plans, asks, executes. Input: `{ messages, tokens, delayMs }`; `tokens` for the plan and again for the rest. */
const planGraph = new StateGraph(PlanState)
  .addNode("generate_plan", async (state) => ({ messages: [await say(state, state.tokens)], step: 0 }))
  .addNode("human_decision", () => ({ decision: interrupt({ type: "plan_review", allowed: ["approve"] }) }))
  .addNode("execute_plan", async (state) => ({
    messages: [await say(state, Math.ceil(state.tokens / steps))],
    step: state.step + 1,
  }))
  .addEdge(START, "generate_plan")
  .addEdge("generate_plan", "human_decision")
  .addEdge("human_decision", "execute_plan")
  .addConditionalEdges("execute_plan", ({ step }) => (step < steps ? "execute_plan" : END), [
    "execute_plan",
    END,
  ]);

/** Answers a message with one of the same size, without a model: what a turn costs beside the tokens. */
const chatGraph = new StateGraph(MessagesAnnotation)
  .addNode("chat", ({ messages }) => ({
    messages: [new AIMessage({ id: crypto.randomUUID(), content: filler(messages.at(-1).content.length) })],
  }))
  .addEdge(START, "chat")
  .addEdge("chat", END);

/** Streams `tokens` and ends: for those who look at streams alone. */
const talkGraph = new StateGraph(PlanState)
  .addNode("talk", async (state) => ({ messages: [await say(state, state.tokens)] }))
  .addEdge(START, "talk")
  .addEdge("talk", END);

export const createGraphs = () => ({
  agent: planGraph.compile(),
  chat: chatGraph.compile(),
  talk: talkGraph.compile(),
});

/** What the dev server loads by name. */
export const agent = planGraph;

/** Text of a length that nothing can deduplicate or compress by much. */
export function filler(length) {
  let text = "";
  while (text.length < length) text += crypto.randomUUID();
  return text.slice(0, length);
}
