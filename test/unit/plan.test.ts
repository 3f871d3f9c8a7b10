import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { changesBetween } from "../../src/agent/changes.ts";
import { approvalOf, checkStep } from "../../src/agent/contract.ts";
import { toModelMessages } from "../../src/agent/model-messages.ts";
import { digestOfPlan, type Plan } from "../../src/agent/plan.ts";
import { judgeProposal } from "../../src/agent/proposal.ts";
import type { Receipt } from "../../src/effects/index.ts";
import type { ToolSpec } from "../../src/tools/index.ts";

const specs: ToolSpec[] = [
  {
    name: "read",
    description: "",
    risk: "read",
    idempotent: true,
    contentArguments: [],
    inputSchema: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
  },
  {
    name: "write",
    description: "",
    risk: "write",
    idempotent: false,
    contentArguments: ["content"],
    inputSchema: {
      type: "object",
      properties: { path: { type: "string" }, content: { type: "string" } },
      required: ["path", "content"],
    },
  },
  {
    name: "any",
    description: "",
    risk: "write",
    idempotent: false,
    contentArguments: [],
    inputSchema: { type: "object" },
  },
];
specs.push({ ...(specs[1] as ToolSpec), name: "append" });

const step = (id: string, more: Record<string, unknown> = {}) => ({
  id,
  title: id,
  why: "",
  tool: "read",
  args: { path: id },
  ...more,
});
const identity = { id: "p", revision: 1 };
const judge = (steps: unknown[]) => judgeProposal({ title: "t", steps }, specs, identity);

function planOf(steps: unknown[], revision = 1): Plan {
  const judged = judgeProposal({ title: "t", steps }, specs, { id: "p", revision });
  if (!("plan" in judged)) throw new Error(judged.issues.join());
  return judged.plan;
}

function issuesOf(steps: unknown[]): string {
  const judged = judge(steps);
  return "issues" in judged ? judged.issues.join("; ") : "";
}

test("a valid proposal becomes a plan with risk, order and digest", () => {
  const plan = planOf([
    step("a"),
    step("b", { tool: "write", args: { path: "x" }, late: { content: "from a" } }),
  ]);
  expect(plan.steps.map(({ id, risk, after }) => [id, risk, after])).toEqual([
    ["a", "read", []],
    ["b", "write", ["a"]],
  ]);
  expect(plan.digest).toMatch(/^[0-9a-f]{64}$/);
});

test("what is wrong with a proposal is said", () => {
  expect(issuesOf([])).toContain("steps");
  expect(issuesOf([step("a", { tool: "rm" })])).toContain("there is no tool rm");
  expect(issuesOf([step("a", { args: { path: 1 } })])).toContain("path");
  expect(issuesOf([step("a"), step("a")])).toContain("twice");
  expect(issuesOf([step("a", { after: ["z"] })])).toContain("not in the plan");
  expect(issuesOf([step("a", { after: ["b"] }), step("b", { after: ["a"] })])).toContain(
    "wait for one another",
  );
  expect(issuesOf([step("a", { after: ["a"] })])).toContain("wait for one another");
  expect(
    issuesOf([step("a", { tool: "write", args: { content: "c" }, late: { path: "somewhere" } })]),
  ).toContain("may not be late");
  expect(
    issuesOf([step("a", { tool: "write", args: { path: "p", content: "c" }, late: { content: "x" } })]),
  ).toContain("both");
});

test("the digest covers everything that will run, and nothing that will not", () => {
  const plan = planOf([step("a"), step("b", { after: ["a"] })]);
  const digest = (change: (copy: Plan) => void) => {
    const copy = structuredClone(plan);
    change(copy);
    return digestOfPlan(copy);
  };
  const [first] = plan.steps;
  const changes: ((copy: Plan) => void)[] = [
    (copy) => (copy.id = "q"),
    (copy) => (copy.revision = 2),
    (copy) => ((copy.steps[0] as Plan["steps"][0]).tool = "write"),
    (copy) => ((copy.steps[0] as Plan["steps"][0]).args = { path: "other" }),
    (copy) => ((copy.steps[0] as Plan["steps"][0]).args = { path: first?.args.path, more: null }),
    (copy) => ((copy.steps[0] as Plan["steps"][0]).late = { content: "x" }),
    (copy) => ((copy.steps[1] as Plan["steps"][0]).after = []),
    (copy) => copy.steps.reverse(),
    (copy) => copy.steps.pop(),
  ];
  for (const change of changes) expect(digest(change)).not.toBe(plan.digest);
  expect(digest((copy) => (copy.title = "other words"))).toBe(plan.digest);
});

test("the digest of a plan does not depend on the order of keys", async () => {
  await fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 6 }), (args) => {
      const plan = { ...planOf([step("a")]) };
      const [only] = plan.steps as [Plan["steps"][0]];
      const reversed = Object.fromEntries(Object.entries(args).reverse());
      const withArgs = (value: Record<string, unknown>) =>
        digestOfPlan({ ...plan, steps: [{ ...only, args: value }] });
      expect(withArgs(args)).toBe(withArgs(reversed));
    }),
  );
});

test("changes name what was added, removed, changed and reordered", () => {
  const before = planOf([step("a"), step("b", { after: [] }), step("c", { after: [] })]);
  const after = planOf(
    [step("c", { after: [] }), step("b", { after: [], args: { path: "new" } }), step("d", { after: [] })],
    2,
  );
  expect(changesBetween(before, after)).toEqual({
    since: 1,
    added: ["d"],
    removed: ["a"],
    changed: ["b"],
    reordered: ["c", "b"],
    details: { b: [{ path: ["args", "path"], before: "b", after: "new" }] },
  });
});

test("a changed step is told value by value: tool, arguments to the last one inside, late rules, order", () => {
  const before = planOf([
    step("a", { tool: "any", args: { to: { list: [1, { x: 1 }], gone: null }, same: [1] } }),
    step("b", { tool: "write", args: { path: "p" }, late: { content: "as it is" }, after: [] }),
  ]);
  const after = planOf([
    step("a", { tool: "any", args: { to: { list: [1, { x: "1" }, 3], constructor: 1 }, same: [1] } }),
    step("b", { tool: "append", args: { path: "p" }, late: { content: "shorter" }, after: ["a"] }),
  ]);
  expect(changesBetween(before, after).details).toEqual({
    a: [
      { path: ["args", "to", "list", 1, "x"], before: 1, after: "1" },
      { path: ["args", "to", "list", 2], after: 3 },
      { path: ["args", "to", "gone"], before: null },
      { path: ["args", "to", "constructor"], after: 1 },
    ],
    b: [
      { path: ["tool"], before: "write", after: "append" },
      { path: ["late", "content"], before: "as it is", after: "shorter" },
      { path: ["after"], before: [], after: ["a"] },
    ],
  });
});

test("a step is among the changed exactly when it has details, whatever its arguments", async () => {
  const args = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 });
  await fc.assert(
    fc.property(args, args, (one, other) => {
      const plan = (value: unknown) => planOf([step("a", { tool: "any", args: value })]);
      const { changed, details } = changesBetween(plan(one), plan(JSON.parse(JSON.stringify(other))));
      expect((details.a ?? []).length > 0).toBe(changed.length > 0);
      expect(changesBetween(plan(one), plan(structuredClone(one))).changed).toEqual([]);
    }),
  );
});

const receipt = (question: unknown, answer: unknown): Receipt => ({
  interruptId: "i",
  taskId: "t",
  digest: "d",
  question,
  answer,
  actor: { id: "local:ana", verified: false },
  at: "2026-01-01T00:00:00.000Z",
});

test("where receipts are kept, only a receipt for this very digest approves", () => {
  const plan = planOf([step("a")]);
  const forged = {
    plan,
    decisions: [{ type: "approve" as const, planId: "p", revision: 1, digest: plan.digest }],
  };
  const question = { type: "plan_review", plan };
  const claimed = { ...forged, steps: {} };
  const approved = (receipts: Receipt[] | undefined) =>
    approvalOf({ digest: plan.digest, receipts, claimed, specs, policy: [] })?.plan;
  expect(approved(undefined), "without a server the decision serves").toEqual(plan);
  expect(approved([]), "a decision in the state alone is worth nothing").toBeUndefined();
  expect(
    approved([receipt(question, { type: "reject", digest: plan.digest, feedback: "" })]),
  ).toBeUndefined();
  expect(approved([receipt({ type: "other", plan }, { type: "approve" })])).toBeUndefined();
  expect(approved([receipt(question, { type: "approve", digest: plan.digest })])).toEqual(plan);
  const other = planOf([step("b")]);
  expect(
    approved([receipt({ type: "plan_review", plan: other }, { type: "approve", digest: other.digest })]),
  ).toBeUndefined();
});

test("an edit approves what it makes, and not what was shown", () => {
  const shown = planOf([step("a"), step("b")]);
  const edited = { title: "t", steps: [step("a", { args: { path: "changed" } })] };
  const made = judgeProposal(edited, specs, { id: "p", revision: 2 });
  const receipts = [
    receipt({ type: "plan_review", plan: shown }, { type: "edit", digest: shown.digest, plan: edited }),
  ];
  if (!("plan" in made)) throw new Error("the edit is valid");
  const claimed = { plan: shown, decisions: [], steps: {} };
  const approved = (digest: string) => approvalOf({ digest, receipts, claimed, specs, policy: [] })?.plan;
  expect(approved(made.plan.digest)).toEqual(made.plan);
  expect(approved(shown.digest)).toBeUndefined();
});

test("a step is in the contract only as it was approved", () => {
  const plan = planOf([step("a")]);
  const [only] = plan.steps as [Plan["steps"][0]];
  const verdict = (proposed: Plan["steps"][0], now = specs) =>
    checkStep({
      step: proposed,
      approval: { plan, rulingsOn: () => [] },
      specs: now,
      policy: [],
      allowed: [],
    }).type;
  expect(verdict(only)).toBe("call");
  expect(verdict({ ...only, title: "other words" })).toBe("call");
  expect(verdict({ ...only, args: { path: "/etc/passwd" } })).toBe("ask");
  expect(verdict({ ...only, tool: "write" })).toBe("ask");
  expect(verdict({ ...only, id: "b" }), "a step that the plan has not is not even asked about").toBe(
    "refuse",
  );
  const changed = specs.map((spec) => ({ ...spec, description: "Reads, and tells everybody." }));
  expect(verdict(only, changed), "the tool is not what it was").toBe("ask");
  expect(verdict(only, []), "the tool is gone").toBe("refuse");
});

test("a proposal that nobody decided on still has an answer when it goes to a model", () => {
  const messages = [
    new HumanMessage("one"),
    new AIMessage({ content: "", tool_calls: [{ id: "c1", name: "propose_plan", args: {} }] }),
    new HumanMessage("two"),
    new AIMessage({ content: "" }),
    new ToolMessage({ tool_call_id: "c1", content: "late answer" }),
  ];
  const sent = toModelMessages(messages.slice(0, 3));
  expect(sent.map(({ type }) => type)).toEqual(["human", "ai", "tool", "human"]);
  expect(String(sent[2]?.content)).toContain("none");
  expect(toModelMessages(messages).map(({ type }) => type)).toEqual(["human", "ai", "tool", "human"]);
  expect(toModelMessages(messages)[2]?.content).toBe("late answer");
});
