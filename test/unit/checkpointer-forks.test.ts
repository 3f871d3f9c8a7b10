import { Annotation, END, MemorySaver, START, StateGraph } from "@langchain/langgraph";
import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ThreadCheckpointer } from "../../src/core/checkpointer.ts";
import { stageCheckpoints } from "../../src/core/staged-checkpoints.ts";

const State = Annotation.Root({
  said: Annotation<string[]>({ reducer: (before, after) => [...before, ...after], default: () => [] }),
  last: Annotation<string>,
  /** Written now and then: its versions are seldom new. */
  rare: Annotation<string>,
});

const graph = new StateGraph(State)
  .addNode("first", ({ last }) => ({ said: [last] }))
  .addNode("second", ({ last, said }) => ({
    said: [`${last} of ${said.length}`],
    ...(last.length % 2 ? { rare: last } : {}),
  }))
  .addEdge(START, "first")
  .addEdge("first", "second")
  .addEdge("second", END);

/** What is done to a thread: from where (counted from the newest), and with what; `look` reads the head first. */
interface Step {
  kind: "run" | "write" | "goOn";
  back: number;
  text: string;
  look: boolean;
}

async function history(checkpointer: BaseCheckpointSaver, steps: Step[]) {
  const compiled = graph.compile({ checkpointer });
  const head = { configurable: { thread_id: "thread" } };
  const all = async () => {
    const found = [];
    for await (const state of compiled.getStateHistory(head)) found.push(state);
    return found;
  };
  for (const { kind, back, text, look } of steps) {
    const states = await all();
    const from = states[back % Math.max(1, states.length)]?.config ?? head;
    if (look) await compiled.getState(head);
    if (kind === "write") await compiled.updateState(from, { said: [`wrote ${text}`], last: text }, "first");
    else await compiled.invoke(kind === "goOn" && states.length > 0 ? null : { last: text }, from);
  }
  const states = await all();
  const ids = states.map(({ config }) => config.configurable?.checkpoint_id);
  return states.map(({ values, next, metadata, parentConfig }) => ({
    values,
    next,
    source: metadata?.source,
    step: metadata?.step,
    parent: ids.indexOf(parentConfig?.configurable?.checkpoint_id),
  }));
}

function ours(): ThreadCheckpointer {
  const { port, record } = stageCheckpoints("thread");
  return new ThreadCheckpointer({
    threadId: "thread",
    checkpoints: port,
    record,
    requested: () => {
      throw new Error("nothing is asked here");
    },
  });
}

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom<Step["kind"]>("run", "write", "goOn"),
    back: fc.nat({ max: 12 }),
    text: fc.string({ minLength: 1, maxLength: 3 }),
    look: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);

test("wherever a thread is taken up again, and however often, its history is that of a saver that keeps every state whole", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (given) => {
      expect(await history(ours(), given)).toEqual(await history(new MemorySaver(), given));
    }),
    { numRuns: 50 },
  );
});
