import { AIMessage } from "@langchain/core/messages";
import {
  Annotation,
  END,
  interrupt,
  MessagesAnnotation,
  Send,
  START,
  StateGraph,
} from "@langchain/langgraph";
import { z } from "zod";
import { ScriptedModel } from "../../src/testing/index.ts";

/** Talks, asks, does: the smallest graph with a model, a question and an effect. */
export function createAskGraph(effect: (answer: unknown) => void = () => {}) {
  const model = new ScriptedModel({ script: () => ({ text: "I would like to send the letter." }) });
  return new StateGraph(MessagesAnnotation)
    .addNode("talk", async (state) => ({ messages: [await model.invoke(state.messages)] }))
    .addNode("ask", () => {
      const answer = interrupt({ question: "Send it?" }, { responseSchema: z.object({ send: z.boolean() }) });
      return { messages: [new AIMessage(`You said ${JSON.stringify(answer)}.`)] };
    })
    .addNode("act", (state) => {
      effect(state.messages.at(-1)?.content);
      return { messages: [new AIMessage("Sent.")] };
    })
    .addEdge(START, "talk")
    .addEdge("talk", "ask")
    .addEdge("ask", "act")
    .addEdge("act", END);
}

const Letters = Annotation.Root({
  letters: Annotation<string[]>({ reducer: (_before, after) => after, default: () => [] }),
  sent: Annotation<string[]>({ reducer: (before, after) => [...before, ...after], default: () => [] }),
});

/** Asks about every letter at once: as many parallel interrupts as there are letters. */
export function createParallelGraph() {
  return new StateGraph(Letters)
    .addNode("ask", (state: { letter: string }) => {
      const answer = interrupt({ letter: state.letter });
      return { sent: [`${state.letter}: ${JSON.stringify(answer)}`] };
    })
    .addConditionalEdges(START, ({ letters }) => letters.map((letter) => new Send("ask", { letter })), [
      "ask",
    ])
    .addEdge("ask", END);
}

/** Two questions in one node, one after the other. */
export function createTwoGatesGraph() {
  const State = Annotation.Root({
    said: Annotation<unknown[]>({ reducer: (before, after) => [...before, ...after], default: () => [] }),
    start: Annotation<boolean>,
  });
  return new StateGraph(State)
    .addNode("gates", () => {
      const first = interrupt({ gate: 1 });
      const second = interrupt({ gate: 2 });
      return { said: [first, second] };
    })
    .addEdge(START, "gates")
    .addEdge("gates", END);
}

/** A graph that asks inside a subgraph. */
export function createNestedGraph() {
  const State = Annotation.Root({
    notes: Annotation<string[]>({ reducer: (before, after) => [...before, ...after], default: () => [] }),
  });
  const inner = new StateGraph(State)
    .addNode("prepare", () => ({ notes: ["prepared"] }))
    .addNode("gate", () => ({ notes: [`answered ${JSON.stringify(interrupt({ deep: true }))}`] }))
    .addEdge(START, "prepare")
    .addEdge("prepare", "gate")
    .addEdge("gate", END)
    .compile();
  return new StateGraph(State)
    .addNode("inner", inner)
    .addNode("after", () => ({ notes: ["after"] }))
    .addEdge(START, "inner")
    .addEdge("inner", "after")
    .addEdge("after", END);
}

/** One call of a model, and nothing else. */
export function createTalkGraph(model: ScriptedModel) {
  return new StateGraph(MessagesAnnotation)
    .addNode("talk", async (state) => ({ messages: [await model.invoke(state.messages)] }))
    .addEdge(START, "talk")
    .addEdge("talk", END);
}
