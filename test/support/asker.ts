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

export interface AskedQuestion {
  value: unknown;
  /** JSON Schema of the answer. */
  responseSchema?: Record<string, unknown>;
}

/** A graph that asks all of this at once, and then says what it was told, in the order of the questions. */
export function createAsker(questions: readonly AskedQuestion[], end = "") {
  const State = Annotation.Root({
    ...MessagesAnnotation.spec,
    said: Annotation<string[]>({
      reducer: (before, after) => [...before, ...after].sort(),
      default: () => [],
    }),
  });
  return new StateGraph(State)
    .addNode("begin", () => ({ said: [] }))
    .addNode("ask", ({ index }: { index: number }) => {
      const { value, responseSchema } = questions[index] ?? { value: null };
      const answer = interrupt(value, responseSchema ? { responseSchema } : {});
      return { said: [`${index}${JSON.stringify(answer)}`] };
    })
    .addNode("tell", ({ said }) => ({
      messages: [new AIMessage(`${said.map((text) => text.slice(1)).join(", ")}${end}`)],
    }))
    .addEdge(START, "begin")
    .addConditionalEdges("begin", () => questions.map((_, index) => new Send("ask", { index })), ["ask"])
    .addEdge("ask", "tell")
    .addEdge("tell", END);
}
