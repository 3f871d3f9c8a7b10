import { type AIMessage, AIMessageChunk, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { createDraftReader } from "../../src/agent/draft.ts";
import { type Script, ScriptedModel, type ScriptedReply } from "../../src/testing/index.ts";
import { diaryTools, plainAgent, proposal, type Turn, writing } from "../support/plain-agent.ts";

const asking = (args: Record<string, unknown>) => ({ name: "ask_person", args });
const colours = { question: "Which colour?", choices: [{ label: "red" }, { label: "blue" }] };
const questionOf = (turn: Turn) => turn.__interrupt__?.[0]?.value;
const answersTo = (name: string, messages: readonly unknown[]) =>
  messages.flatMap((message) =>
    ToolMessage.isInstance(message) && message.name === name ? [message.text] : [],
  );

/** Asks for the colour until it was told, then plans with what it was told. */
const painter: Script = (messages, tools) => {
  if (!tools.includes("propose_plan")) return { text: "Done." };
  const [told] = answersTo("ask_person", messages);
  return { calls: [told === undefined ? asking(colours) : proposal([writing("a", told)])] };
};

test("the model asks the person, and plans with the answer", async () => {
  const agent = plainAgent({ script: painter });
  const asked = await agent.say("Paint it");
  expect(questionOf(asked)).toEqual({
    type: "clarification",
    ...colours,
    allowed: ["answer", "cancel"],
  });
  expect(asked.plan).toBeNull();
  const planned = await agent.answer({ type: "answer", choice: "blue", text: "light, please" });
  expect(questionOf(planned)?.type).toBe("plan_review");
  expect(planned.plan?.steps[0]?.args.text).toBe(
    JSON.stringify({ answer: { choice: "blue", text: "light, please" } }),
  );
  const record = planned.messages.find((message) => ToolMessage.isInstance(message)) as ToolMessage;
  expect(record.artifact).toMatchObject({
    question: { question: "Which colour?" },
    answer: { choice: "blue" },
  });
});

test("a question is asked in words where there are no choices", async () => {
  const agent = plainAgent({
    script: (messages) =>
      answersTo("ask_person", messages).length > 0
        ? { text: "I see." }
        : { calls: [asking({ question: "What is it for?" })] },
  });
  expect(questionOf(await agent.say("Do it"))).not.toHaveProperty("choices");
  const end = await agent.answer({ type: "answer", text: "For the garden" });
  expect(end.messages.at(-1)?.text).toBe("I see.");
});

test("whoever stops at the question stops the request, and the next one begins anew", async () => {
  const agent = plainAgent({ script: painter });
  await agent.say("Paint it");
  const end = await agent.answer({ type: "cancel", reason: "never mind" });
  expect(end.messages.at(-1)?.text).toBe("Stopped. Nothing was run.");
  expect(end.plan).toBeNull();
  expect(questionOf(await agent.say("Paint it after all"))?.type).toBe("plan_review");
});

test("a message instead of an answer sets the question aside, and the model is told so", async () => {
  let seen: string[] = [];
  const agent = plainAgent({
    script: (messages) => {
      seen = answersTo("ask_person", messages);
      return messages.at(-1)?.text === "Paint it" ? { calls: [asking(colours)] } : { text: "Fine." };
    },
  });
  await agent.say("Paint it");
  const end = await agent.say("Forget it");
  expect(end.messages.at(-1)?.text).toBe("Fine.");
  expect(seen.map((text) => JSON.parse(text).decision)).toEqual(["none"]);
});

test("a question while a plan is revised leaves the revision where it was", async () => {
  const agent = plainAgent({
    script: (messages) => {
      const isRejected = answersTo("propose_plan", messages).length > 0;
      const isTold = answersTo("ask_person", messages).length > 0;
      return {
        calls: [isRejected && !isTold ? asking(colours) : proposal([writing("a", "x"), writing("b", "y")])],
      };
    },
  });
  const first = await agent.say("Paint it");
  const asked = await agent.answer({
    type: "reject",
    digest: first.plan?.digest,
    feedback: "no",
    keep: ["a"],
  });
  expect(questionOf(asked)?.type).toBe("clarification");
  const next = await agent.answer({ type: "answer", choice: "red" });
  expect(next.plan).toMatchObject({ id: first.plan?.id, revision: 2 });
  expect(questionOf(next)).toHaveProperty("changes.since", 1);
});

test("a model that only asks is stopped after three questions", async () => {
  const agent = plainAgent({ script: () => ({ calls: [asking(colours)] }) });
  let turn = await agent.say("Paint it");
  for (let n = 0; n < 3; n += 1) {
    expect(questionOf(turn)?.type).toBe("clarification");
    turn = await agent.answer({ type: "answer", choice: "red" });
  }
  expect(questionOf(turn)).toBeUndefined();
  expect(turn.messages.at(-1)?.text).toMatch(/could not make a plan/);
  expect(answersTo("ask_person", turn.messages).join()).toContain("3 questions were asked");
});

test("of several calls at once readings run, the first question is asked, the rest is refused with why", async () => {
  const agent = plainAgent({
    script: (messages) =>
      answersTo("ask_person", messages).length > 1
        ? { text: "Thanks." }
        : {
            calls: [
              { name: "read_note", args: { name: "n" } },
              asking(colours),
              asking({ question: "And how large?" }),
              proposal([writing("a", "x")]),
            ],
          },
  });
  const asked = await agent.say("Paint it");
  expect(questionOf(asked)).toMatchObject({ question: "Which colour?" });
  expect(answersTo("read_note", asked.messages)).toEqual(["n: nothing yet"]);
  expect(answersTo("ask_person", asked.messages).join()).toContain("One question at a time");
  expect(answersTo("propose_plan", asked.messages).join()).toContain("question comes first");
  const end = await agent.answer({ type: "answer", choice: "red" });
  expect(end.messages.at(-1)?.text).toBe("Thanks.");
});

test("a question that is none is put right by the model, or given up", async () => {
  const wrong = [{}, { question: " " }, { question: "Which?", choices: ["a", "a"] }];
  const agent = plainAgent({
    script: (messages) => ({ calls: [asking(wrong[answersTo("ask_person", messages).length] ?? colours)] }),
  });
  const end = await agent.say("Paint it");
  expect(end.messages.at(-1)?.text).toMatch(/could not make a plan/);
  expect(answersTo("ask_person", end.messages).join()).toContain("a is there twice");
});

test("what was read is named with the plan, a failed reading is not", async () => {
  const fail = tool(() => Promise.reject(new Error("no such note")), {
    name: "find_note",
    description: "Finds.",
    schema: z.object({}),
    metadata: { annotations: { readOnlyHint: true } },
  });
  const agent = plainAgent({
    tools: [...diaryTools(), fail],
    script: (messages) =>
      answersTo("read_note", messages).length > 0
        ? { calls: [proposal([writing("a", "x")])] }
        : {
            calls: [
              { name: "read_note", args: { name: "n" } },
              { name: "find_note", args: {} },
              { name: "write_note", args: { name: "n", text: "t" } },
            ],
          },
  });
  const { plan, messages } = await agent.say("Write");
  expect(plan?.evidence).toEqual([{ callId: expect.any(String), tool: "read_note", args: { name: "n" } }]);
  const [read] = plan?.evidence ?? [];
  const results = messages.filter((message) => ToolMessage.isInstance(message));
  expect(results.find(({ tool_call_id }) => tool_call_id === read?.callId)?.text).toBe("n: nothing yet");
  const end = await agent.answer({ type: "edit", digest: plan?.digest, plan: { ...plan, title: "Mine" } });
  expect(end.plan).toMatchObject({ title: "Mine", evidence: plan?.evidence });
});

const usage = { input_tokens: 10, output_tokens: 2, total_tokens: 12 };
const counted = (reply: ScriptedReply): ScriptedReply => ({
  ...reply,
  closing: { usage_metadata: usage } as NonNullable<ScriptedReply["closing"]>,
});

test("tokens are summed up over planning, filling and the summary of one request, and kept with its plan", async () => {
  const agent = plainAgent({
    script: (messages, tools) => {
      if (tools.includes("fill_arguments"))
        return counted({ calls: [{ name: "fill_arguments", args: { text: "late" } }] });
      if (!tools.includes("propose_plan")) return counted({ text: "Done." });
      if (messages.at(-1)?.text === "Thanks") return counted({ text: "Welcome." });
      const late = { args: { name: "a" }, late: { text: "something" } };
      if (answersTo("ask_person", messages).length === 0) return counted({ calls: [asking(colours)] });
      return counted({
        calls: [proposal([writing("a", "", late), writing("b", "", { ...late, after: [] })])],
      });
    },
  });
  expect((await agent.say("Write")).usage).toEqual({ ...usage, calls: 1 });
  const planned = await agent.answer({ type: "answer", choice: "red" });
  expect(planned.usage.calls).toBe(2);
  const end = await agent.answer({ type: "approve", digest: planned.plan?.digest });
  const total = { input_tokens: 50, output_tokens: 10, total_tokens: 60, calls: 5 };
  expect(end.usage).toEqual(total);
  const record = end.messages.findLast((message) => ToolMessage.isInstance(message)) as ToolMessage;
  expect(record.artifact.usage).toEqual(total);
  expect((end.messages.at(-1) as AIMessage).usage_metadata).toMatchObject(usage);
  expect((await agent.say("Thanks")).usage).toEqual({ ...usage, calls: 1 });
});

test("calls that had to be repeated count too", async () => {
  const agent = plainAgent({
    script: () => counted({ rawCall: { name: "propose_plan", args: "{" } }),
  });
  const end = await agent.say("Write");
  expect(end.usage.calls).toBe(3);
  expect(end.messages.at(-1)?.text).toMatch(/could not be read/);
});

const finished = (finish_reason: string) => ({ response_metadata: { finish_reason } });

test("an answer cut off at the output limit says so, and keeps what there is", async () => {
  const agent = plainAgent({ script: () => ({ text: "Once upon a", closing: finished("length") }) });
  const { messages } = await agent.say("Tell");
  expect(messages.at(-2)?.text).toBe("Once upon a");
  expect(messages.at(-1)?.text).toMatch(/cut off.*limit of output tokens/);
});

test("a plan cut off at the output limit is asked for again, shorter; then the limit is named", async () => {
  const told: string[] = [];
  const agent = plainAgent({
    script: (messages) => {
      told.push(messages.at(-1)?.text ?? "");
      return { rawCall: { name: "propose_plan", args: '{"title": "Lo' }, closing: finished("length") };
    },
  });
  const end = await agent.say("Write");
  expect(told).toHaveLength(3);
  expect(told[1]).toMatch(/limit of output tokens.*shorter/);
  expect(end.messages.at(-1)?.text).toMatch(/longer than its limit of output tokens/);
  expect(end.messages.filter((message) => HumanMessage.isInstance(message))).toHaveLength(1);
});

test("what a content filter stops is never taken for a plan", async () => {
  const agent = plainAgent({
    script: () => ({ calls: [proposal([writing("a", "x")])], closing: finished("content_filter") }),
  });
  const end = await agent.say("Write");
  expect(questionOf(end)).toBeUndefined();
  expect(end.messages.at(-1)?.text).toMatch(/content filter/);
});

test("a refusal is the answer, in the model's words where it has some", async () => {
  const refusal = "I cannot help with that.";
  const agent = plainAgent({ script: () => ({ closing: { additional_kwargs: { refusal } } }) });
  expect((await agent.say("Write")).messages.at(-1)?.text).toBe(refusal);
  const mute = plainAgent({ script: () => ({ closing: { response_metadata: { stop_reason: "refusal" } } }) });
  expect((await mute.say("Write")).messages.at(-1)?.text).toMatch(/refused to answer/);
});

test("a model that does not stop writing is stopped, and so is its stream", async () => {
  let written = 0;
  const model = new ScriptedModel({
    script: () => ({ text: `${"x".repeat(400_000)} `.repeat(20) }),
    pause: async () => {
      written += 1;
    },
  });
  const agent = plainAgent({ model });
  expect((await agent.say("Write")).messages.at(-1)?.text).toMatch(/did not stop writing/);
  expect(written).toBeLessThan(10);
});

test("what is no JSON is not read again at every chunk", () => {
  let text = "";
  const read = createDraftReader(() => {});
  const reads = vi.spyOn(JSON, "parse");
  for (let n = 0; n < 2_000; n += 1) {
    const args = "xxxxxxxxxxxx";
    text += args;
    const head = n === 0 ? { name: "propose_plan", id: "c" } : {};
    read(new AIMessageChunk({ content: "", tool_call_chunks: [{ index: 0, args, ...head }] }));
  }
  const unfinished = reads.mock.calls.filter(([read]) => String(read).startsWith("xxxx"));
  reads.mockRestore();
  expect(text).toHaveLength(24_000);
  expect(unfinished.length).toBeGreaterThan(10);
  expect(unfinished.length).toBeLessThan(200);
});

test("a plan of more steps than a plan may have is refused with the reason", async () => {
  const many = Array.from({ length: 201 }, (_, n) => writing(`s${n}`, "x"));
  const agent = plainAgent({ script: () => ({ calls: [proposal(many)] }) });
  const end = await agent.say("Write");
  expect(answersTo("propose_plan", end.messages).join()).toMatch(/steps.*200/);
  expect(end.messages.at(-1)?.text).toMatch(/not a valid plan/);
});

test("a plan has run even when the model refuses to sum it up", async () => {
  const agent = plainAgent({
    script: (_, tools) =>
      tools.length > 0
        ? { calls: [proposal([writing("a", "x")])] }
        : { text: "", closing: finished("content_filter") },
  });
  const { plan } = await agent.say("Write");
  const end = await agent.answer({ type: "approve", digest: plan?.digest });
  expect(agent.diary).toEqual(["a: x"]);
  expect(end.messages.slice(-2).map(({ text }) => text)).toEqual([
    expect.stringContaining("The plan has run"),
    expect.stringContaining("content filter"),
  ]);
});
