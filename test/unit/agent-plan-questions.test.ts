import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { expect, test } from "vitest";
import type { AboutPlan, Plan, PlanReview } from "../../src/agent/index.ts";
import { plainAgent, proposal, type Turn, writing } from "../support/plain-agent.ts";

const isPlanning = (tools: string[]) => tools.includes("propose_plan");
const reviewOf = ({ __interrupt__: [open] = [] }: Turn) => open?.value as unknown as PlanReview;
const idOf = ({ __interrupt__: [open] = [] }: Turn) => open?.id;
const markOf = ({ additional_kwargs: kwargs }: BaseMessage) => kwargs.about_plan as AboutPlan | undefined;
const ask = ({ digest }: Plan, question: string) => ({ type: "ask", digest, question });

/** What the model is told by the answer to its newest proposal. */
function toldIn(messages: BaseMessage[]): Record<string, unknown> {
  const told = messages.findLast(
    (one) => ToolMessage.isInstance(one) && one.name === "propose_plan" && one.status !== "error",
  );
  return JSON.parse(told?.text ?? "{}");
}

test("a question about a plan is answered by an ordinary message, and the very same plan is asked about again", async () => {
  const agent = plainAgent({
    script: (messages, tools) =>
      isPlanning(tools)
        ? { calls: [proposal([writing("a", "x")])] }
        : { text: `You ask: ${String(toldIn(messages).question)}` },
  });
  const planned = await agent.say("Write a");
  const { plan } = reviewOf(planned);
  const answered = await agent.answer(ask(plan, "Why?"));
  expect(reviewOf(answered)).toEqual(reviewOf(planned));
  expect(idOf(answered), "a client hides an id that it has seen answered").not.toBe(idOf(planned));
  const [question, answer] = answered.messages.slice(-2);
  expect([HumanMessage.isInstance(question), question?.text]).toEqual([true, "Why?"]);
  expect([AIMessage.isInstance(answer), answer?.text]).toEqual([true, "You ask: Why?"]);
  const about = { planId: plan.id, revision: 1, digest: plan.digest };
  expect([question, answer].map((message) => message && markOf(message))).toEqual([about, about]);
  expect(answered.decisions, "nothing is approved by it").toEqual([]);
  expect(agent.diary).toEqual([]);
  await agent.answer({ type: "approve", digest: plan.digest });
  expect(agent.diary).toEqual(["a: x"]);
});

/** A planner that answers questions, and keeps what it was told each time. */
function asker(more: Parameters<typeof plainAgent>[0] = {}) {
  const told: { tools: string[]; messages: BaseMessage[] }[] = [];
  let planned = 0;
  const agent = plainAgent({
    script: (messages, tools) => {
      told.push({ tools, messages });
      if (isPlanning(tools)) {
        planned += 1;
        return { calls: [proposal([writing("a", `text ${planned}`), writing("b", "same")])] };
      }
      const { decision, question } = toldIn(messages);
      return { text: decision === "ask" ? `On “${question}”: because.` : "That is all." };
    },
    ...more,
  });
  return { ...agent, told };
}

/** Roles as a provider sees them; the model's calls and their answers by name. */
const rolesIn = (messages: BaseMessage[] = []) =>
  messages.map((message) =>
    AIMessage.isInstance(message)
      ? `ai ${(message.tool_calls ?? []).map(({ name }) => name)}`.trim()
      : `${message.type} ${message.name ?? ""}`.trim(),
  );

test("what was asked about a plan goes to the model with what was decided, and as no message of its own", async () => {
  const agent = asker();
  const { plan } = reviewOf(await agent.say("Write a"));
  await agent.answer(ask(plan, "Why?"));
  expect(agent.told.at(-1)?.tools, "nothing but reading is bound").toEqual(["read_note"]);
  await agent.answer(ask(plan, "Really?"));
  expect(toldIn(agent.told.at(-1)?.messages ?? [])).toEqual({
    decision: "ask",
    question: "Really?",
    asked: [{ question: "Why?", answer: "On “Why?”: because." }],
  });
  const rejected = await agent.answer({ type: "reject", digest: plan.digest, feedback: "Otherwise." });
  const asked = [
    { question: "Why?", answer: "On “Why?”: because." },
    { question: "Really?", answer: "On “Really?”: because." },
  ];
  const proposed = ["system", "human", "ai propose_plan", "tool propose_plan"];
  expect(rolesIn(agent.told.at(-1)?.messages)).toEqual(proposed);
  expect(toldIn(agent.told.at(-1)?.messages ?? [])).toMatchObject({
    decision: "reject",
    feedback: "Otherwise.",
    asked,
  });
  const second = reviewOf(rejected);
  expect(second.plan.revision).toBe(2);
  expect(second.changes).toMatchObject({ since: 1, changed: ["a"] });

  const again = reviewOf(await agent.answer(ask(second.plan, "What changed?")));
  expect(again, "changes are shown again").toEqual(second);
  const end = await agent.answer({ type: "approve", digest: second.plan.digest });
  const [told] = agent.told.slice(-1);
  expect(rolesIn(told?.messages)).toEqual([...proposed, "ai propose_plan", "tool propose_plan"]);
  expect(toldIn(told?.messages ?? [])).toMatchObject({
    decision: "approve",
    results: [{ status: "done" }, { status: "done" }],
    asked: [{ question: "What changed?" }],
  });
  expect(end.messages.at(-1)?.text).toBe("That is all.");
  expect(end.messages.map(({ text }) => text)).toEqual(expect.arrayContaining(["Why?", "What changed?"]));
  expect(agent.diary).toEqual(["a: text 2", "b: same"]);
});

test("a new request instead of a decision sets the plan aside, with what was asked about it", async () => {
  const agent = asker();
  const { plan } = reviewOf(await agent.say("Write a"));
  await agent.answer(ask(plan, "Why?"));
  await agent.say("Something else");
  const { messages = [] } = agent.told.at(-1) ?? {};
  expect(rolesIn(messages)).toEqual(["system", "human", "ai propose_plan", "tool propose_plan", "human"]);
  expect(toldIn(messages)).toMatchObject({ decision: "none", asked: [{ question: "Why?" }] });
});

test("the request stays what it was: late text is written for it, and only it has a new plan", async () => {
  let request = "";
  const late = { args: { name: "a" }, late: { text: "what fits" } };
  const agent = plainAgent({
    script: (messages, tools) => {
      if (!tools.includes("fill_arguments"))
        return isPlanning(tools) ? { calls: [proposal([writing("a", "", late)])] } : { text: "So." };
      request = JSON.parse(messages.at(-1)?.text ?? "{}").request;
      return { calls: [{ name: "fill_arguments", args: { text: "x" } }] };
    },
  });
  const { plan } = reviewOf(await agent.say("Write a"));
  await agent.answer(ask(plan, "Why?"));
  await agent.answer({ type: "approve", digest: plan.digest });
  expect(request).toBe("Write a");
});

test("what is read for an answer stands in the conversation, and the plan does not rest on it", async () => {
  const agent = plainAgent({
    script: (messages, tools) => {
      if (isPlanning(tools)) return { calls: [proposal([writing("a", "x")])] };
      const read = messages.some((one) => ToolMessage.isInstance(one) && one.name === "read_note");
      return read ? { text: "It says so." } : { calls: [{ name: "read_note", args: { name: "n" } }] };
    },
  });
  const { plan } = reviewOf(await agent.say("Write a"));
  const { messages } = await agent.answer(ask(plan, "What does n say?"));
  expect(rolesIn(messages.slice(-4))).toEqual(["human", "ai read_note", "tool read_note", "ai"]);
  expect(messages.slice(-4).every((message) => markOf(message)?.digest === plan.digest)).toBe(true);
  const next = await agent.answer({ type: "reject", digest: plan.digest, feedback: "Again." });
  expect(reviewOf(next).plan.evidence).toBeUndefined();
});

test("a model that wants to act while it answers is refused, and what it proposes is no plan", async () => {
  const agent = plainAgent({
    script: (messages, tools) => {
      if (isPlanning(tools)) return { calls: [proposal([writing("a", "x")])] };
      if (toldIn(messages).decision !== "ask") return { text: "That is all." };
      const refused = messages.filter((one) => ToolMessage.isInstance(one) && one.status === "error");
      if (refused.length > 0) return { text: `Refused: ${refused.map(({ name }) => name)}` };
      const write = { name: "write_note", args: { name: "a", text: "secretly" } };
      return { text: "Let me.", calls: [write, proposal([writing("evil", "y")])] };
    },
  });
  const { plan } = reviewOf(await agent.say("Write a"));
  const answered = await agent.answer(ask(plan, "Why?"));
  expect(agent.diary).toEqual([]);
  expect(answered.messages.at(-1)?.text).toBe("Refused: write_note,propose_plan");
  expect(reviewOf(answered).plan).toEqual(plan);
  const calls = answered.messages.flatMap((one) => (AIMessage.isInstance(one) ? (one.tool_calls ?? []) : []));
  expect(calls.map(({ name }) => name)).toEqual(["propose_plan"]);
  const end = await agent.answer({ type: "approve", digest: plan.digest });
  expect(agent.diary).toEqual(["a: x"]);
  expect(end.messages.at(-1)?.text).toBe("That is all.");
});

test.each([
  [
    "fails",
    { text: "I was about to", error: new Error("The engine is overloaded") },
    /could not answer.*overloaded/,
  ],
  ["says nothing", {}, /answered with nothing/],
  [
    "never stops reading",
    { calls: [{ name: "read_note", args: { name: "n" } }] },
    /did not come to an answer/,
  ],
  ["writes no JSON", { rawCall: { name: "read_note", args: "{" } }, /did not come to an answer/],
])("a model that %s does not keep the plan from the person", async (_, reply, words) => {
  const agent = plainAgent({
    script: (messages, tools) => {
      if (isPlanning(tools)) return { calls: [proposal([writing("a", "x")])] };
      return toldIn(messages).decision === "ask" ? reply : { text: "That is all." };
    },
  });
  const planned = await agent.say("Write a");
  const { plan } = reviewOf(planned);
  const answered = await agent.answer(ask(plan, "Why?"));
  expect(answered.messages.at(-1)?.text).toMatch(words);
  expect(reviewOf(answered)).toEqual(reviewOf(planned));
  await agent.answer({ type: "approve", digest: plan.digest });
  expect(agent.diary).toEqual(["a: x"]);
});

test("questions are counted with the request, and words for them may be one's own", async () => {
  const agent = asker({ prompts: { answering: () => "Answer like a pirate." } });
  const { plan } = reviewOf(await agent.say("Write a"));
  const { usage } = await agent.answer(ask(plan, "Why?"));
  expect(usage.calls).toBe(2);
  expect(agent.told.at(-1)?.messages[0]?.text).toBe("Answer like a pirate.");
});
