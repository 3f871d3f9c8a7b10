import { HumanMessage, ToolMessage } from "@langchain/core/messages";
import { Command } from "@langchain/langgraph";
import { expect, test } from "vitest";
import type { PlanReview } from "../../src/agent/index.ts";
import type { Script } from "../../src/testing/index.ts";
import { plainAgent, proposal, writing } from "../support/plain-agent.ts";

/** Proposes what it is told to, revision by revision, and sums up. */
const plans =
  (...revisions: Record<string, unknown>[][]): Script =>
  (messages, tools) => {
    if (!tools.includes("propose_plan")) return { text: "Done as planned." };
    const at = messages.findLastIndex((message) => HumanMessage.isInstance(message));
    const rejections = messages.slice(at).filter((message) => ToolMessage.isInstance(message)).length;
    return { calls: [proposal(revisions[rejections] ?? [])] };
  };

test("on plain LangGraph a plan is asked about, rejected, revised, approved and run", async () => {
  const agent = plainAgent({
    script: plans([writing("a", "one"), writing("b", "two")], [writing("a", "one"), writing("b", "three")]),
  });
  const first = await agent.say("Write two notes");
  const review = first.__interrupt__?.[0]?.value as unknown as PlanReview;
  expect(review).toMatchObject({ type: "plan_review", plan: { revision: 1 } });

  const { digest } = review.plan;
  const second = await agent.answer({ type: "reject", digest, feedback: "b says three" });
  const next = second.__interrupt__?.[0]?.value as unknown as PlanReview;
  expect(next.plan.revision).toBe(2);
  expect(next.changes).toMatchObject({
    since: 1,
    changed: ["b"],
    details: { b: [{ path: ["args", "text"], before: "two", after: "three" }] },
  });
  expect(agent.diary).toEqual([]);

  const end = await agent.answer({ type: "approve", digest: next.plan.digest });
  expect(agent.diary).toEqual(["a: one", "b: three"]);
  expect(end.decisions.map(({ type }) => type)).toEqual(["reject", "approve"]);
  expect(end.messages.at(-1)?.text).toBe("Done as planned.");
});

test("plain graph.stream shows drafts, the question and each step as they come", async () => {
  const { graph, config } = plainAgent({ script: plans([writing("a", "one")]) });
  const told: string[] = [];
  const follow = async (input: unknown) => {
    const stream = await graph.stream(input as never, { ...config, streamMode: ["custom", "updates"] });
    for await (const [mode, chunk] of stream as AsyncIterable<[string, Record<string, unknown>]>) {
      const payload = chunk.payload as { status?: string; draft?: unknown } | undefined;
      if (mode === "custom") told.push(payload?.draft ? "draft" : (payload?.status ?? "plan"));
      else told.push(...Object.keys(chunk));
    }
  };
  await follow({ messages: [{ role: "user", content: "Write" }] });
  expect(new Set(told)).toEqual(new Set(["draft", "plan", "generate_plan", "__interrupt__"]));
  const { tasks } = await graph.getState(config);
  const asked = tasks.flatMap(({ interrupts }) => interrupts.map(({ value }) => value as PlanReview));
  const digest = asked[0]?.plan.digest;
  told.length = 0;
  await follow(new Command({ resume: { type: "approve", digest } }));
  expect(told.filter((one) => ["running", "done", "summarize"].includes(one))).toEqual([
    "running",
    "done",
    "summarize",
  ]);
});

test("without receipts a plan that nobody decided on runs nothing, however it is reached", async () => {
  const agent = plainAgent({ script: plans([writing("a", "one")]) });
  await agent.say("Write");
  const jump = new Command({ goto: "execute_plan" });
  await expect(agent.graph.invoke(jump as never, agent.config)).rejects.toThrow("Nobody approved revision 1");
  expect(agent.diary).toEqual([]);
});

test("a person's edit is recorded with what it changed, argument by argument", async () => {
  const agent = plainAgent({ script: plans([writing("a", "one"), writing("b", "two")]) });
  const { plan } = await agent.say("Write two notes");
  const edited = { ...plan, steps: [writing("a", "ONE"), writing("b", "two", { after: ["a"] })] };
  const end = await agent.answer({ type: "edit", digest: plan?.digest, plan: edited });
  expect(end.decisions[0]?.changes).toMatchObject({
    changed: ["a"],
    details: { a: [{ path: ["args", "text"], before: "one", after: "ONE" }] },
  });
  expect(agent.diary).toEqual(["a: ONE", "b: two"]);
});

test("a kept step is word for word the same in the next revision, its title and reason too", async () => {
  const kept = writing("a", "one");
  const agent = plainAgent({
    script: plans(
      [kept, writing("b", "two")],
      [{ ...kept, title: "Renamed", why: "Whim" }, writing("b", "3")],
    ),
  });
  const { plan } = await agent.say("Write two notes");
  const next = await agent.answer({ type: "reject", digest: plan?.digest, feedback: "b", keep: ["a"] });
  expect(next.plan?.revision).toBe(2);
  expect(next.plan?.steps[0]).toEqual(plan?.steps[0]);
});

test("every rejection stays in front of the model, however many there are", async () => {
  let seen: string[] = [];
  const agent = plainAgent({
    script: (messages) => {
      seen = messages.filter((message) => ToolMessage.isInstance(message)).map(({ text }) => text);
      return { calls: [proposal([writing("a", `try ${seen.length}`)])] };
    },
  });
  let turn = await agent.say("Write");
  for (let round = 1; round <= 30; round += 1) {
    const comments = { a: `comment ${round}` };
    turn = await agent.answer({
      type: "reject",
      digest: turn.plan?.digest,
      feedback: `no ${round}`,
      comments,
    });
  }
  expect(turn.plan?.revision).toBe(31);
  expect(turn.decisions.map(({ feedback }) => feedback)).toContain("no 1");
  expect(seen).toHaveLength(30);
  expect(seen.map((text) => JSON.parse(text).comments.a)).toContain("comment 1");
  const end = await agent.answer({ type: "cancel" });
  expect(end.messages.at(-1)?.text).toBe("Stopped. Nothing was run.");
  expect(agent.diary).toEqual([]);
});
