import { AIMessage, type BaseMessage } from "@langchain/core/messages";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { END, interrupt, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";

/** Talks, asks, does: the smallest graph with a model, a question and an effect. */
export function createAskGraph(effect: (answer: unknown) => void = () => {}) {
  const model = new FakeListChatModel({ responses: ["I would like to send the letter."] });
  return new StateGraph(MessagesAnnotation)
    .addNode("talk", async (state) => ({ messages: [await model.invoke(state.messages)] }))
    .addNode("ask", () => {
      const answer = interrupt({ question: "Send it?" });
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

export type { BaseMessage };
