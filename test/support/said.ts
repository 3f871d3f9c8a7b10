import { type BaseMessage, RemoveMessage } from "@langchain/core/messages";
import { Annotation, interrupt, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";

/** Graphs that say what they are told to, for whoever looks for it. */
export const sayingGraphs = {
  /** Keeps messages; those named in `gone` are removed. */
  notes: new StateGraph(
    Annotation.Root({
      ...MessagesAnnotation.spec,
      gone: Annotation<string[]>({ reducer: (_before, after) => after, default: () => [] }),
    }),
  )
    .addNode("tidy", ({ gone }) => ({ messages: gone.map((id) => new RemoveMessage({ id })) }))
    .addEdge(START, "tidy"),
  /** Keeps what it is given as it is given. */
  plain: new StateGraph(
    Annotation.Root({
      messages: Annotation<unknown[]>({
        reducer: (before, after) => [...before, ...after],
        default: () => [],
      }),
    }),
  )
    .addNode("nothing", () => ({}))
    .addEdge(START, "nothing"),
  /** Says the last word of what it is told once more, beside a question; and takes back the message `old`. */
  beside: new StateGraph(MessagesAnnotation)
    .addNode("say", ({ messages }) => ({
      messages: [
        { role: "ai", content: `Heard: ${lastWord(messages)}`, id: "heard" },
        ...(messages.some(({ id }) => id === "old") ? [new RemoveMessage({ id: "old" })] : []),
      ] as never,
    }))
    .addNode("ask", () => {
      interrupt("Well?");
      return {};
    })
    .addEdge(START, "say")
    .addEdge(START, "ask"),
};

const lastWord = (messages: BaseMessage[]) => String(messages.at(-1)?.content).split(" ").at(-1) ?? "";
