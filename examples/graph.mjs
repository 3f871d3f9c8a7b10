import { END, interrupt, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";

/** Proposes, asks, acts: any LangGraph.js graph can take its place. */
export const graph = new StateGraph(MessagesAnnotation)
  .addNode("propose", () => ({ messages: [{ role: "ai", content: "I would send the letter." }] }))
  .addNode("act", () => {
    const answer = interrupt({ question: "Send it?" });
    return { messages: [{ role: "ai", content: answer === "yes" ? "Sent." : "Not sent." }] };
  })
  .addEdge(START, "propose")
  .addEdge("propose", "act")
  .addEdge("act", END);
