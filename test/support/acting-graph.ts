import { Annotation, END, interrupt, START, StateGraph } from "@langchain/langgraph";
import { effect } from "../../src/effects/index.ts";
import type { Gates } from "./gates.ts";

const Notes = Annotation.Root({
  notes: Annotation<string[]>({ reducer: (before, after) => [...before, ...after], default: () => [] }),
});

/** Does something, asks, thinks, and acts on the answer. */
export function createActing(gates: Gates, done: string[]) {
  return new StateGraph(Notes)
    .addNode("ask", async (_state, config) => {
      await effect(config, { key: "before" }, async () => {
        done.push("before");
        return null;
      });
      return { notes: [`said ${String(interrupt({ question: "Go on?" }))}`] };
    })
    .addNode("think", async ({ notes }) => {
      await gates(`think ${notes.at(-1)}`).wait();
      return { notes: ["thought"] };
    })
    .addNode("act", async ({ notes }, config) => {
      await effect(config, { key: "act" }, async () => {
        done.push(notes[0] ?? "");
        await gates("act").wait();
        return null;
      });
      return { notes: ["acted"] };
    })
    .addEdge(START, "ask")
    .addEdge("ask", "think")
    .addEdge("think", "act")
    .addEdge("act", END);
}
