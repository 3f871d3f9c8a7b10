import { AIMessage } from "@langchain/core/messages";
import type { RunnableConfig } from "@langchain/core/runnables";
import { END, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";

/** A factory: it is called for every run, with the config of the run. */
export async function createGreeter(config: RunnableConfig<{ language?: string }>) {
  const word = config.configurable?.language === "de" ? "Hallo" : "Hello";
  return new StateGraph(MessagesAnnotation)
    .addNode("greet", () => ({ messages: [new AIMessage(`${word}.`)] }))
    .addEdge(START, "greet")
    .addEdge("greet", END)
    .compile();
}
