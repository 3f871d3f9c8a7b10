import { AIMessage, ToolMessage } from "@langchain/core/messages";
import { Command, MemorySaver } from "@langchain/langgraph";
import { createAgent } from "langchain";
import { expect, test } from "vitest";
import { requirePlan } from "../../examples/require-plan.ts";
import { type Script, ScriptedModel, type ScriptedReply } from "../../src/testing/index.ts";
import { diaryTools, proposal, writing } from "../support/plain-agent.ts";

interface Turn {
  messages: (AIMessage | ToolMessage)[];
  __interrupt__?: { value: { type: string; plan: { digest: string } } }[];
}

const write = (name: string, text: string) => ({ name: "write_note", args: { name, text } });

/** LangChain's agent with the middleware; the model makes these turns, one after the other, then says "Done.". */
function open(...turns: ScriptedReply[]) {
  const diary: string[] = [];
  const tools = diaryTools(diary);
  const script: Script = (messages) =>
    turns[messages.filter((message) => AIMessage.isInstance(message)).length] ?? { text: "Done." };
  const agent = createAgent({
    model: new ScriptedModel({ script }),
    tools,
    middleware: [requirePlan(tools)],
    checkpointer: new MemorySaver(),
  });
  const config = { configurable: { thread_id: crypto.randomUUID() } };
  const turn = async (input: unknown) => (await agent.invoke(input as never, config)) as unknown as Turn;
  return {
    diary,
    say: (content: string) => turn({ messages: [{ role: "user", content }] }),
    answer: (resume: unknown) => turn(new Command({ resume })),
  };
}

const planOf = (turn: Turn) => turn.__interrupt__?.[0]?.value.plan;
const refusals = ({ messages }: Turn) =>
  messages.flatMap((message) =>
    ToolMessage.isInstance(message) && message.artifact?.refused ? [message.text] : [],
  );

const plan = proposal([
  writing("a", "one"),
  writing("b", "", { args: { name: "b" }, late: { text: "of a" } }),
]);

test("without an approved plan only reading is done", async () => {
  const agent = open({ calls: [{ name: "read_note", args: { name: "n" } }, write("a", "one")] });
  const end = await agent.say("Write");
  expect(agent.diary).toEqual([]);
  expect(refusals(end)).toEqual([expect.stringContaining("No plan was approved")]);
  expect(end.messages.map(({ text }) => text)).toContain("n: nothing yet");
});

test("the approved calls are made, with open arguments as the model writes them; nothing else, nothing twice", async () => {
  const agent = open(
    { calls: [plan] },
    { calls: [write("a", "other"), write("a", "one"), write("b", "too early")] },
    { calls: [write("a", "one"), write("b", "after a"), write("c", "x")] },
  );
  const asked = await agent.say("Write");
  expect(asked.__interrupt__?.[0]?.value.type).toBe("plan_review");
  expect(agent.diary).toEqual([]);
  const end = await agent.answer({ type: "approve", digest: planOf(asked)?.digest });
  expect(agent.diary).toEqual(["a: one", "b: after a"]);
  expect(refusals(end)).toEqual([
    expect.stringContaining("not in the plan"),
    expect.stringContaining("b waits for a"),
    expect.stringContaining("made already"),
    expect.stringContaining("not in the plan"),
  ]);
});

test("two calls of one message cannot both be the one step", async () => {
  const agent = open(
    { calls: [proposal([writing("a", "one")])] },
    { calls: [write("a", "one"), write("a", "one")] },
  );
  const asked = await agent.say("Write");
  await agent.answer({ type: "approve", digest: planOf(asked)?.digest });
  expect(agent.diary).toEqual(["a: one"]);
});

test("what was rejected is not run; what was edited runs as edited", async () => {
  const rejected = open({ calls: [plan] }, { calls: [write("a", "one")] });
  const first = await rejected.say("Write");
  await rejected.answer({ type: "reject", digest: planOf(first)?.digest, feedback: "no" });
  expect(rejected.diary).toEqual([]);

  const edited = open({ calls: [plan] }, { calls: [write("a", "one"), write("a", "ONE")] });
  const second = await edited.say("Write");
  const mine = { title: "Mine", steps: [writing("a", "ONE")] };
  await edited.answer({ type: "edit", digest: planOf(second)?.digest, plan: mine });
  expect(edited.diary).toEqual(["a: ONE"]);
});

test("an approval is for one request: the next message needs a plan of its own", async () => {
  const agent = open({ calls: [plan] }, { text: "Later." }, { calls: [write("a", "one")] });
  const asked = await agent.say("Write");
  await agent.answer({ type: "approve", digest: planOf(asked)?.digest });
  expect(refusals(await agent.say("Now"))).toEqual([expect.stringContaining("No plan was approved")]);
  expect(agent.diary).toEqual([]);
});
