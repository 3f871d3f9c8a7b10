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
import { ScriptedModel } from "../../src/testing/index.ts";

/** A gate that what is said waits at, half-way, while it is shut. */
export function createGate() {
  let open = () => {};
  let free: Promise<void> | undefined;
  return {
    shut(): void {
      free ??= new Promise((resolve) => {
        open = resolve;
      });
    },
    open(): void {
      open();
      free = undefined;
    },
    pass: () => free,
  };
}
export type Gate = ReturnType<typeof createGate>;

const lastText = (messages: { content: unknown }[]) => String(messages.at(-1)?.content);

/** Echoes what it is told, waiting at the gate before its third word; asks first where it is told to. */
export function createChatGraph(gate: Gate) {
  const model = new ScriptedModel({
    script: (messages) => ({ text: `You said: ${lastText(messages)} and that was it.` }),
    pause: (chunk) => (chunk === 2 ? gate.pass() : undefined),
  });
  return new StateGraph(MessagesAnnotation)
    .addNode("talk", async (state) => ({ messages: [await model.invoke(state.messages)] }))
    .addNode("ask", () => {
      const answer = interrupt({ question: "Shall I?" });
      return { messages: [new AIMessage(`Answered ${JSON.stringify(answer)}.`)] };
    })
    .addConditionalEdges("talk", ({ messages }) => (lastText(messages).includes("ask") ? "ask" : END), [
      "ask",
      END,
    ])
    .addEdge(START, "talk")
    .addEdge("ask", END);
}

/** Asks about every letter at once, each question inside a subgraph of its own. */
export function createLettersGraph() {
  const Letters = Annotation.Root({
    letters: Annotation<string[]>({ reducer: (_before, after) => after, default: () => [] }),
    sent: Annotation<string[]>({ reducer: (before, after) => [...before, ...after], default: () => [] }),
  });
  const Letter = Annotation.Root({
    letter: Annotation<string>,
    sent: Annotation<string[]>({ reducer: (_before, after) => after, default: () => [] }),
  });
  const review = new StateGraph(Letter)
    .addNode("gate", ({ letter }) => ({ sent: [`${letter}: ${JSON.stringify(interrupt({ letter }))}`] }))
    .addEdge(START, "gate")
    .addEdge("gate", END)
    .compile();
  return new StateGraph(Letters)
    .addNode("review", review)
    .addConditionalEdges(START, ({ letters }) => letters.map((letter) => new Send("review", { letter })), [
      "review",
    ])
    .addEdge("review", END);
}
