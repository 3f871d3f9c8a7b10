import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { Annotation, END, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { createEngine } from "../../src/core/graph.ts";
import { nameMessages } from "../../src/core/message-ids.ts";

const State = Annotation.Root({ ...MessagesAnnotation.spec, notes: Annotation<unknown[]>() });
const engine = createEngine(
  "notes",
  new StateGraph(State)
    .addNode("end", () => ({}))
    .addEdge(START, "end")
    .addEdge("end", END),
);
const uuid = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);

test("the messages of an input have ids, the same for every attempt at its run, others for another run's", () => {
  const messages = [
    "said",
    { role: "user", content: "said" },
    { type: "ai", content: "said" },
    { role: "user", content: "named", id: "mine" },
  ];
  const input = { messages, notes: [{ role: "user", content: "a note" }] };
  const named = engine.named(input, "run 1");
  expect(named).toEqual({
    messages: [
      { type: "human", content: "said", id: uuid },
      { role: "user", content: "said", id: uuid },
      { type: "ai", content: "said", id: uuid },
      { role: "user", content: "named", id: "mine" },
    ],
    notes: input.notes,
  });
  expect(engine.named(input, "run 1")).toEqual(named);
  const ids = [named, engine.named(input, "run 2")].flatMap((one) =>
    (one as { messages: { id: string }[] }).messages.map(({ id }) => id),
  );
  expect(new Set(ids).size).toBe(7);
});

test("one message has an id without a list, too; what is no message, and no state, is as it was", () => {
  expect(engine.named({ messages: "said" }, "run")).toEqual({
    messages: { type: "human", content: "said", id: uuid },
  });
  const anew = { messages: { __overwrite__: [{ role: "user", content: "said" }] } };
  expect(engine.named(anew, "run")).toEqual(anew);
  for (const input of [null, "said", ["said"], {}, { notes: "said" }]) {
    expect(engine.named(input, "run")).toEqual(input);
  }
  const odd = {
    messages: [null, 7, ["user", "said"], { content: "said" }, { lc: 1, id: ["a"], type: "constructor" }],
  };
  expect(engine.named(odd, "run")).toEqual(odd);
});

test("messages that a node puts out without an id get one, in themselves; others keep theirs", () => {
  const [one, other] = [new AIMessage("said"), new HumanMessage({ content: "said", id: "mine" })];
  nameMessages([one, other, "said", { role: "user" }]);
  expect([one.id, one.lc_kwargs.id]).toEqual([expect.any(String), one.id]);
  expect(other.id).toBe("mine");
  const alone = new AIMessage("said");
  nameMessages(alone);
  expect(alone.id).toEqual(expect.any(String));
});
