import type { PlanStep } from "countersign/agent";
import { expect, test } from "vitest";
import {
  addStep,
  changeStep,
  dropStep,
  moveStep,
  orderProblems,
  type PlanEdit,
  ruleProblems,
  toEdit,
  toProposal,
} from "../../src/react/plan-edits.ts";

const step = (id: string, after: string[], more: Partial<PlanStep> = {}): PlanStep => ({
  id,
  title: `Step ${id}`,
  why: "why",
  tool: "note",
  args: {},
  after,
  risk: "write",
  ...more,
});
const edit = (...steps: PlanStep[]) => toEdit({ title: "T", steps });
const plan = { summary: "S", assumptions: ["A"] };
const order = (edited: PlanEdit) => toProposal(plan, edited).steps.map(({ id, after }) => `${id}<${after}`);
const chain = edit(step("a", []), step("b", ["a"]), step("c", ["b"]));

test("an untouched edit proposes the plan as it was shown", () => {
  const steps = [
    step("a", [], { args: { n: 1, list: [1, { x: null }], on: false, text: "1" } }),
    step("b", [], { late: { content: "from a" } }),
  ];
  expect(toProposal(plan, edit(...steps))).toEqual({
    title: "T",
    summary: "S",
    assumptions: ["A"],
    steps: steps.map(({ risk: _, ...binding }) => binding),
  });
});

test("in a plan where each step waits for the one above it, that holds of a new order", () => {
  expect(order(moveStep(chain, 2, 0))).toEqual(["c<", "a<c", "b<a"]);
  expect(order(moveStep(chain, 0, 9))).toEqual(["b<", "c<b", "a<c"]);
  expect(moveStep(chain, 0, -1), "there is no place above the first").toBe(chain);
});

test("elsewhere a move leaves what waits for what, and an order that contradicts it is told", () => {
  const net = edit(step("a", []), step("b", []), step("c", ["a"]));
  const moved = moveStep(net, 2, 0);
  expect(orderProblems(net)).toEqual([]);
  expect(orderProblems(moved).map(({ step, waitsFor }) => [step.id, waitsFor.id])).toEqual([["c", "a"]]);
  expect(orderProblems(changeStep(moved, "c", { after: [] }))).toEqual([]);
  expect(
    orderProblems(changeStep(moved, "a", { isIncluded: false })),
    "what is left out is no problem",
  ).toEqual([]);
});

test("what waits for a step that is left out waits for what that one waited for", () => {
  expect(order(changeStep(chain, "b", { isIncluded: false }))).toEqual(["a<", "c<a"]);
  const both = changeStep(changeStep(chain, "b", { isIncluded: false }), "a", { isIncluded: false });
  expect(order(both)).toEqual(["c<"]);
});

test("a rule that speaks of a step that is left out is told", () => {
  const late = edit(step("s1", []), step("s10", []), step("w", ["s1"], { late: { content: "sum up s1." } }));
  const problems = (edited: PlanEdit) => ruleProblems(edited).map(({ step, names }) => [step.id, names.id]);
  expect(problems(late)).toEqual([]);
  expect(problems(changeStep(late, "s10", { isIncluded: false }))).toEqual([]);
  expect(problems(changeStep(late, "s1", { isIncluded: false }))).toEqual([["w", "s1"]]);
});

test("an added step has an id of its own, waits for the last one, and can be taken back", () => {
  const first = addStep(chain, { tool: "mail", title: "Mail", risk: "external" });
  const two = moveStep(addStep(first, { tool: "note", title: "Note", risk: "write" }), 4, 3);
  expect(order(two)).toEqual(["a<", "b<a", "c<b", "added-2<c", "added-1<added-2"]);
  expect(order(dropStep(two, "added-2"))).toEqual(["a<", "b<a", "c<b", "added-1<c"]);
});

test("typed arguments keep their types, and what is none of that type is said in words", () => {
  const typed = edit(step("a", [], { args: { n: 1, text: "1", on: true } }));
  const send = (texts: Record<string, string>) =>
    toProposal(plan, changeStep(typed, "a", { texts })).steps[0]?.args;
  expect(send({ n: "22", text: "22" })).toEqual({ n: 22, text: "22", on: true });
  expect(() => send({ n: "many" })).toThrow('n must be a number, and "many" is none.');
  const form = changeStep(typed, "a", { args: { n: 3, text: "x", on: false } });
  expect(toProposal(plan, form).steps[0]?.args, "what a form says is taken as it is").toEqual({
    n: 3,
    text: "x",
    on: false,
  });
});
