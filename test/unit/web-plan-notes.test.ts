import type { PlanReview, PlanStep } from "countersign/agent";
import { expect, test } from "vitest";
import { inNumbers } from "../../src/react/in-numbers.ts";
import { createPlanRequests } from "../../src/react/plan-requests.ts";
import { hasNotBegun, secondsToHold } from "../../src/react/use-approval.ts";
import { notesToSend } from "../../src/react/use-plan-notes.ts";

const step = (id: string, risk: PlanStep["risk"], more: Partial<PlanStep> = {}): PlanStep => ({
  ...{ id, title: id, why: "", tool: risk, args: {}, after: [], risk },
  ...more,
});
const review = (...steps: PlanStep[]) => ({ plan: { digest: "d", steps } }) as unknown as PlanReview;
const approve = { type: "approve" as const, digest: "d" };
const edit = (...steps: PlanStep[]) => ({
  type: "edit" as const,
  digest: "d",
  plan: { title: "T", summary: "", assumptions: [], steps: steps.map((one) => ({ ...one })) },
});

test("a plan is held back when something in it cannot be taken back, and not otherwise", () => {
  expect(secondsToHold(review(step("a", "read"), step("b", "write")), approve)).toBe(0);
  expect(secondsToHold(review(step("a", "read"), step("b", "destructive")), approve)).toBe(4);
  expect(secondsToHold(review(step("a", "external")), approve)).toBe(4);
  expect(secondsToHold(review(step("a", "external")), { type: "cancel" })).toBe(0);
});

test("of an edit what is left counts; a step whose tool the person chose is taken for the worst", () => {
  const [write, burn] = [step("a", "write"), step("b", "destructive")];
  expect(secondsToHold(review(write, burn), edit(write))).toBe(0);
  expect(secondsToHold(review(write, burn), edit(write, burn))).toBe(4);
  expect(secondsToHold(review(write), edit(step("new", "write")))).toBe(4);
  expect(secondsToHold(review(write), edit({ ...write, tool: "other" }))).toBe(4);
});

test("an approval can be taken back until a step begins; what had run before does not count", () => {
  const approval = { interruptId: "i", planId: "p", isEdit: false, done: ["old"], startsAt: null };
  expect(hasNotBegun(approval, {})).toBe(true);
  expect(hasNotBegun(approval, { old: { status: "done" }, a: { status: "waiting" } })).toBe(true);
  for (const status of ["running", "asking", "done", "failed", "in_doubt"] as const)
    expect(hasNotBegun(approval, { a: { status } }), status).toBe(false);
});

test("blank comments, and notes on steps that the plan has not, are not sent", () => {
  const notes = { comments: { a: " so ", b: " ", gone: "x" }, keep: ["gone", "b"] };
  expect(notesToSend(notes, [{ id: "a" }, { id: "b" }])).toEqual({ comments: { a: "so" }, keep: ["b"] });
});

test("rules name steps by the numbers that the person sees", () => {
  const late = step("w", "write", { late: { content: "from s1 and s10, not s2" } });
  const steps = [step("s10", "read"), step("s1", "read"), late];
  expect(inNumbers(late, { steps }).late).toEqual({ content: "from step 2 and step 1, not s2" });
});

const answering = (replies: Record<string, unknown>) =>
  createPlanRequests(async (method, path) => {
    const reply = replies[`${method} ${path}`];
    return reply === undefined ? new Response("", { status: 404 }) : Response.json(reply);
  });

test("a server that knows neither tools nor viewers has none of them, and that is no error", async () => {
  const older = answering({ "GET /threads/t%2F1": { metadata: { graph_id: "agent" } } });
  expect(await older.listTools("t/1")).toEqual([]);
  expect(await older.listViewers("t/1")).toBeNull();
  await expect(older.undoAnswer({ threadId: "t", interruptId: "i" })).rejects.toThrow("HTTP 404");
});

test("tools, viewers and rules are read however little the server says of them", async () => {
  const server = answering({
    "GET /threads/t": { metadata: { graph_id: "my agent" } },
    "GET /assistants/my%20agent/tools": { tools: [{ name: "x", risk: "odd" }, {}, null] },
    "GET /threads/t/viewers": { viewers: [{ id: "local:Ana", verified: true }, { verified: true }, 3] },
    "POST /store/items/search": {
      items: [
        { namespace: ["countersign", "allow", "server"], key: "k", value: { tool: "x", scope: "server" } },
        { namespace: [], key: "k", value: { tool: "x", scope: "galaxy" } },
        null,
      ],
    },
  });
  const plain = { description: "", risk: null, isIdempotent: false, schema: null, contentArguments: [] };
  expect(await server.listTools("t")).toEqual([{ name: "x", ...plain }]);
  expect(await server.listViewers("t")).toEqual([{ id: "local:Ana", isVerified: true }]);
  expect(await server.listAllowRules()).toEqual([
    {
      ...{ namespace: ["countersign", "allow", "server"], key: "k", tool: "x", args: {} },
      ...{ scope: "server", expiresAt: null, by: null },
    },
  ]);
});
