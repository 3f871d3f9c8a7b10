import fc from "fast-check";
import { expect, test } from "vitest";
import { readArguments, toTexts } from "../../src/react/argument-texts.ts";
import { headlineOf, type QuestionKind, toQuestion } from "../../src/react/questions.ts";
import { toToolAnswer, toToolRequests } from "../../src/react/tool-requests.ts";

const step = { id: "s1", title: "Send it", tool: "send", args: {}, risk: "external" };
const plan = { id: "p", revision: 1, title: "Letters", digest: "d", steps: [], assumptions: [] };
const ask = (value: unknown, schema: Record<string, unknown> | null = null) =>
  toQuestion(
    { interruptId: "i", value },
    { schema, assignees: [], openedAt: "2026-01-01T00:00:00Z", expiresAt: null, onExpiry: "hold" },
  );

const shapes: [QuestionKind, unknown][] = [
  ["plan", { type: "plan_review", plan, allowed: ["approve"] }],
  ["doubt", { type: "effect_in_doubt" }],
  ["step_failed", { type: "step_failed", plan, step, args: {}, error: "no" }],
  ["step_review", { type: "step_review", plan, step, args: {} }],
  ["deviation", { type: "deviation_review", step, approved: { tool: "a" }, proposed: { tool: "b" } }],
  ["clarification", { type: "clarification", question: "Which?" }],
  ["tools", { action_requests: [{ name: "send", args: {} }], review_configs: [] }],
  ["tools", { actionRequests: [{ name: "send", args: {} }], reviewConfigs: [] }],
  ["tools", [{ action_request: { action: "send", args: {} }, config: { allow_accept: true } }]],
  ["tools", JSON.stringify({ action_request: { action: "send", args: {} }, config: {} })],
];

test("every question is known by its shape", () => {
  for (const [kind, value] of shapes) expect(ask(value).kind).toBe(kind);
  expect(ask({ question: "Which?" }).kind).toBe("other");
  expect(ask({ question: "Which?" }, { type: "string" }).kind).toBe("form");
});

test("what only claims to be of a kind goes to the card that shows anything", () => {
  for (const value of [
    { type: "plan_review" },
    { type: "plan_review", plan: { title: "x" } },
    { type: "step_failed", error: "no" },
    { type: "step_review", step: { title: "x" } },
    { type: "deviation_review", step, approved: { tool: "a" } },
    { type: "clarification" },
    { action_requests: [] },
    { action_requests: [{ args: {} }] },
    [],
    null,
    7,
    "[not json",
  ]) {
    expect(ask(value).kind).toBe("other");
  }
});

test("any JSON at all becomes a question with a headline", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(headlineOf(ask(value)).length).toBeGreaterThan(0);
    }),
  );
});

test("only what is allowed is offered, and all of it where nothing is said", () => {
  const asked = ask({ type: "step_failed", step, allowed: ["skip", "retry", "explode"] });
  expect(asked.kind === "step_failed" && asked.asked.allowed).toEqual(["retry", "skip"]);
  const open = ask({ type: "clarification", question: "Which?" });
  expect(open.kind === "clarification" && open.asked.allowed).toEqual(["answer", "cancel"]);
});

test("decisions about tool calls are written as whoever asked reads them", () => {
  const requests = [
    { name: "send", args: { to: "bob" } },
    { name: "drop", args: {} },
  ];
  const decisions = [
    { type: "edit", args: { to: "eve" } },
    { type: "reject", message: "no" },
  ] as const;
  const answerTo = (value: unknown) => {
    const asked = toToolRequests(value);
    return asked && toToolAnswer(asked, decisions);
  };
  expect(answerTo({ action_requests: requests })).toEqual({
    decisions: [
      { type: "edit", edited_action: { name: "send", args: { to: "eve" } } },
      { type: "reject", message: "no" },
    ],
  });
  expect(answerTo({ actionRequests: requests })).toEqual({
    decisions: [
      { type: "edit", editedAction: { name: "send", args: { to: "eve" } } },
      { type: "reject", message: "no" },
    ],
  });
  const inbox = requests.map(({ name, args }) => ({ action_request: { action: name, args }, config: {} }));
  expect(answerTo(inbox)).toEqual([
    { type: "edit", args: { action: "send", args: { to: "eve" } } },
    { type: "ignore", args: null },
  ]);
});

test("arguments that are not touched come back as they were, and no type changes", () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.string().filter((name) => name !== "__proto__"),
        fc.jsonValue(),
      ),
      (args) => {
        const before = JSON.parse(JSON.stringify(args));
        expect(readArguments(before, toTexts(before))).toEqual(before);
      },
    ),
  );
  const args = { count: 1, isOn: true, list: [1], name: "x" };
  for (const [name, text] of [
    ["count", '"1"'],
    ["count", "one"],
    ["isOn", "1"],
    ["list", "{}"],
  ] as const) {
    expect(() => readArguments(args, { ...toTexts(args), [name]: text })).toThrow(name);
  }
});
