import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { expect, test } from "vitest";
import { type DoubtEvent, formatDuration, mergeSteps, type StepEvent } from "../../src/react/steps.ts";
import { toTimeline } from "../../src/react/timeline.ts";

const plan = {
  id: "p",
  revision: 1,
  title: "t",
  summary: "",
  assumptions: [],
  digest: "d",
  steps: ["a", "b"].map((id) => ({
    id,
    title: id,
    why: "",
    tool: "x",
    args: {},
    after: [],
    risk: "read" as const,
  })),
};

test("a question that was answered stands in the chat with its answer, and is no reading", () => {
  const call = { id: "c1", name: "ask_person", args: { question: "Which?" } };
  const record = {
    question: { type: "clarification", question: "Which?" },
    answer: { type: "answer", text: "b" },
  };
  const asked = new AIMessage({ id: "2", content: "", tool_calls: [call] });
  expect(toTimeline([asked])).toEqual([]);
  const told = new ToolMessage({ id: "3", tool_call_id: "c1", content: "{}", artifact: record });
  const holds = ["2", "3"];
  expect(toTimeline([asked, told])).toEqual([{ type: "clarification", id: "2:c1", record, holds }]);
});

test("the chat is derived from the messages alone", () => {
  const call = (id: string, name: string, args = {}) => ({ id, name, args });
  const record = { plan, decision: { type: "reject", planId: "p", revision: 1, digest: "d" } };
  const items = toTimeline([
    new HumanMessage({ id: "1", content: "do it" }),
    new AIMessage({
      id: "2",
      content: "Let me look.",
      tool_calls: [call("c1", "list_files"), call("c2", "read_file", { path: "a" })],
    }),
    new ToolMessage({ id: "3", tool_call_id: "c1", content: "a.txt" }),
    new ToolMessage({ id: "4", tool_call_id: "c2", content: "no such file", status: "error" }),
    new AIMessage({ id: "5", content: "", tool_calls: [call("c3", "propose_plan")] }),
    new ToolMessage({
      id: "6",
      tool_call_id: "c3",
      content: '{"error":"there is no tool x"}',
      status: "error",
    }),
    new AIMessage({ id: "7", content: "", tool_calls: [call("c4", "propose_plan", { title: "T" })] }),
    new ToolMessage({ id: "8", tool_call_id: "c4", content: "{}", artifact: record }),
    new AIMessage({ id: "9", content: "", tool_calls: [call("c5", "propose_plan", { title: "T2" })] }),
    new AIMessage({ id: "10", content: "" }),
  ]);
  expect(items.map(({ type }) => type)).toEqual(["person", "agent", "reading", "correction", "plan", "plan"]);
  expect(items[2]).toMatchObject({
    calls: [
      { tool: "list_files", result: "a.txt", isError: false },
      { tool: "read_file", isError: true },
    ],
  });
  expect(items[4]).toMatchObject({ record: { decision: { type: "reject" } } });
  expect(items[5]).toMatchObject({ title: "T2", record: null });
});

test("a question about a plan, and its answer, are known as such, in the state and while they stream", () => {
  const propose = (id: string, callId: string) =>
    new AIMessage({
      id,
      content: "",
      tool_calls: [{ id: callId, name: "propose_plan", args: { title: "T" } }],
    });
  const question = new HumanMessage({ id: "about-plan:d:q1", content: "Why?" });
  const from = (node: string, id: string, content: string) =>
    new AIMessage({ id, content, additional_kwargs: { namespace: [`${node}:1`] } });
  const record = { plan, decision: { type: "approve", planId: "p", revision: 1, digest: "d" } };
  const closed = new ToolMessage({
    id: "6",
    tool_call_id: "c1",
    name: "propose_plan",
    content: "{}",
    artifact: record,
  });
  const start = [new HumanMessage({ id: "1", content: "do it" }), propose("2", "c1"), question];
  const shown = (more: Parameters<typeof toTimeline>[0]) =>
    toTimeline([...start, ...more]).flatMap((item) =>
      item.type === "person" || item.type === "agent" ? [[item.text, item.about]] : [],
    );
  const asked = [
    ["do it", undefined],
    ["Why?", "d"],
  ];
  const answer = new AIMessage({ id: "4", content: "Because." });
  expect(shown([answer])).toEqual([...asked, ["Because.", "d"]]);
  const streamed = from("answer_question", "4", "Because.");
  expect(shown([streamed])).toEqual([...asked, ["Because.", "d"]]);
  const end = ["Done.", undefined];
  expect(shown([answer, closed, new AIMessage({ id: "7", content: "Done." })])).toEqual([
    ...asked,
    ["Because.", "d"],
    end,
  ]);
  expect(shown([streamed, from("summarize", "7", "Done.")]), "before the state has the decision").toEqual([
    ...asked,
    ["Because.", "d"],
    end,
  ]);
  expect(shown([answer, new HumanMessage({ id: "8", content: "Else" })]).at(-1)).toEqual(["Else", undefined]);
});

test("steps are as far as whoever knows more says", () => {
  const live = (step: string, status: StepEvent["status"], more = {}): StepEvent => ({
    plan: "p",
    digest: "d",
    step,
    status,
    ...more,
  });
  const inDoubt: string[] = [];
  const inState = { a: { status: "waiting" as const } };
  const events = [
    live("a", "running"),
    live("a", "done", { output: "x", finishedAt: "now" }),
    live("b", "running"),
  ];
  expect(mergeSteps(plan, { inState, live: events, inDoubt, isRunning: true })).toMatchObject({
    a: { status: "done", output: "x" },
    b: { status: "running" },
  });
  expect(
    mergeSteps(plan, { inState, live: events, inDoubt, isRunning: false }).b,
    "nothing runs: it was cut off",
  ).toMatchObject({
    status: "in_doubt",
  });
  const done = { a: { status: "done" as const, finishedAt: "then" } };
  expect(mergeSteps(plan, { inState: done, live: [live("a", "running")], inDoubt, isRunning: true }).a).toBe(
    done.a,
  );
  const other = [{ ...live("a", "failed"), digest: "another plan" }];
  expect(mergeSteps(plan, { inState: {}, live: other, inDoubt, isRunning: true }).a).toEqual({
    status: "waiting",
  });
});

test("while a step is in doubt it says so, and the others cut off with it wait", () => {
  const running = { plan: "p", digest: "d", status: "running" as const, startedAt: "then" };
  const live = [
    { ...running, step: "a" },
    { ...running, step: "b" },
  ];
  expect(mergeSteps(plan, { inState: {}, live, inDoubt: ["d/b/1"], isRunning: false })).toEqual({
    a: { status: "waiting" },
    b: { status: "in_doubt", startedAt: "then", error: expect.stringContaining("waits for you") },
  });
});

test("a step that was asked about and never went on may have run, also when it never said that it began", () => {
  const asked = { inDoubt: "d/a/1" };
  const shown = (live: (StepEvent | DoubtEvent)[], isRunning = false) =>
    mergeSteps(plan, { inState: {}, live, inDoubt: [], isRunning }).a?.status;
  const step = { plan: "p", digest: "d", step: "a" };
  expect(shown([asked])).toBe("in_doubt");
  expect(shown([asked], true), "it is about to go on").toBe("waiting");
  expect(shown([asked, { ...step, status: "done", finishedAt: "now" }])).toBe("done");
  expect(shown([{ ...step, status: "done", finishedAt: "now" }, asked]), "answered long ago").toBe("done");
  expect(shown([{ inDoubt: "other/a/1" }])).toBe("waiting");
});

test("durations are short to read", () => {
  expect([12, 1234, 61_000, 125_400].map(formatDuration)).toEqual([
    "0.01 s",
    "1.2 s",
    "1 min 1 s",
    "2 min 5 s",
  ]);
});

test("a step that failed and is tried again goes on from what was said", () => {
  const event = (state: Partial<StepEvent>) => ({ plan: "p", digest: "d", step: "a", ...state }) as StepEvent;
  const failed = event({ status: "failed", startedAt: "1", finishedAt: "2", error: "dry" });
  const rulings = [{ on: "step_failed" as const, type: "retry" as const }];
  const shown = (live: StepEvent[]) =>
    mergeSteps(plan, { inState: {}, live, inDoubt: [], isRunning: true }).a?.status;
  expect(shown([failed])).toBe("failed");
  expect(shown([failed, event({ status: "waiting", rulings })])).toBe("waiting");
  expect(shown([failed, event({ status: "running", startedAt: "3", rulings })])).toBe("running");
  expect(shown([event({ status: "running", startedAt: "3", rulings }), failed]), "in whatever order").toBe(
    "running",
  );
});
