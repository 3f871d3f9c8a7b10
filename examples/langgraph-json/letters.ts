import { AIMessage } from "@langchain/core/messages";
import { END, interrupt, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { sender } from "./sender.js";

/** Asks before it sends. A builder: the server compiles it, with its own checkpoints. */
export const graph = new StateGraph(MessagesAnnotation)
  .addNode("send", () => {
    const { send } = interrupt<{ question: string }, { send: boolean }>({ question: "Send it?" });
    return { messages: [new AIMessage(send ? `Sent, from ${sender()}.` : "Not sent.")] };
  })
  .addEdge(START, "send")
  .addEdge("send", END);
