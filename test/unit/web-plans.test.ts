import type { Decision, Plan } from "countersign/agent";
import { expect, test } from "vitest";
import { stepOfEffect, toDoubt } from "../../src/react/doubts.ts";
import { draftInHand, hasHalfRun, type PlanSources, planInHand } from "../../src/react/plans.ts";
import type { TimelineItem } from "../../src/react/timeline.ts";

const toPlan = (id: string, revision = 1): Plan => ({
  id,
  revision,
  title: id,
  summary: "",
  assumptions: [],
  digest: `${id}/${revision}`,
  steps: [],
});
const approve = ({ id, revision, digest }: Plan): Decision => ({
  type: "approve",
  planId: id,
  revision,
  digest,
});
const person: TimelineItem = { type: "person", id: "h", text: "do it" };
const item = (closed?: Plan): TimelineItem => ({
  type: "plan",
  id: "i",
  callId: "c",
  title: "t",
  record: closed ? { plan: closed, decision: approve(closed) } : null,
});
const [a, b] = [toPlan("a"), toPlan("b")];
const sources = (more: Partial<PlanSources>): PlanSources => ({
  items: [person, item()],
  plan: a,
  decisions: [],
  draft: { revision: 1, plan: a },
  isLoading: true,
  ...more,
});

test("the plan in hand is the one in the state", () => {
  expect(planInHand(sources({}))).toBe(a);
  expect(planInHand(sources({ isLoading: false, draft: null }))).toBe(a);
  const edited = toPlan("a", 2);
  expect(planInHand(sources({ plan: edited })), "a person's edit is ahead of the events").toBe(edited);
});

test("while the next plan is written, the one before it is not taken for it", () => {
  const draft = { revision: 1, draft: { title: "next" } };
  const items = [person, item(a), person, item()];
  for (const more of [{ draft }, { draft: { revision: 1, plan: b } }]) {
    const written = sources({ ...more, items, decisions: [approve(a)] });
    expect(planInHand(written)).toBeNull();
    expect(draftInHand(written)).toBe(more.draft);
  }
  expect(planInHand(sources({ items })), "not even before the first word of it").toBeNull();
});

test("a plan that is asked about is in hand, though the state is behind: it has one card, not two", () => {
  const second = toPlan("a", 2);
  const written = sources({ draft: { revision: 2, plan: second } });
  expect(planInHand(written), "not asked about yet").toBeNull();
  const asked = { ...written, review: { review: { plan: second } } };
  expect(planInHand(asked)).toBe(second);
  expect(draftInHand(asked)).toBeNull();
  const stale = { ...written, review: { review: { plan: a } } };
  expect(planInHand(stale), "the question about the one before it").toBeNull();
  expect(draftInHand(stale)).toEqual(written.draft);
});

test("a plan that is asked about stays in hand, while it is answered and after; another request leaves it behind", () => {
  const about = a.digest;
  const asked: TimelineItem[] = [
    person,
    item(),
    { type: "person", id: "q", text: "Why?", about },
    { type: "agent", id: "r", text: "Because.", about },
  ];
  expect(planInHand(sources({ items: asked.slice(0, 3) })), "nobody has answered yet").toBe(a);
  expect(planInHand(sources({ items: asked, isLoading: false }))).toBe(a);
  expect(draftInHand(sources({ items: asked }))).toBeNull();
  expect(planInHand(sources({ items: [...asked, person] }))).toBeNull();
});

test("a plan that was approved and left behind may have run", () => {
  const left = { items: [person, item(), person], decisions: [approve(a)] };
  expect(planInHand(sources(left))).toBeNull();
  expect(hasHalfRun(sources(left))).toBe(true);
  expect(hasHalfRun(sources({ ...left, decisions: [] })), "never approved").toBe(false);
  expect(hasHalfRun(sources({ decisions: [approve(a)] })), "still in hand").toBe(false);
  expect(hasHalfRun(sources({ items: [person, item(a)], decisions: [approve(a)] })), "came to its end").toBe(
    false,
  );
});

test("a doubt is read however little of it is known", () => {
  expect(toDoubt({ interruptId: "1", value: "effect_in_doubt" })).toBeNull();
  expect(toDoubt({ interruptId: "1", value: { type: "plan_review" } })).toBeNull();
  const bare = toDoubt({ interruptId: "1", value: { type: "effect_in_doubt" } });
  expect(bare).toMatchObject({ key: "", title: null, tool: null, risk: null, args: {}, startedAt: null });
  expect(bare?.message).toContain("may have happened");
  expect(bare?.allowed).toEqual(["retry", "done", "skip", "stop"]);
  const odd = {
    type: "effect_in_doubt",
    key: 7,
    about: { title: "", risk: "unheard of", args: ["x"], to: "ana@example.org" },
    started_at: "yesterday",
    allowed: ["stop", "fly"],
  };
  expect(toDoubt({ interruptId: "1", value: odd })).toMatchObject({
    title: null,
    risk: null,
    args: { to: "ana@example.org", arguments: ["x"] },
    startedAt: null,
    allowed: ["stop"],
  });
  expect(toDoubt({ interruptId: "1", value: { ...odd, about: "Send it" } })?.title).toBe("Send it");
});

test("a doubt is the step's whose key it has, of this very plan", () => {
  const step = (id: string) => ({
    id,
    title: id,
    why: "",
    tool: "x",
    args: {},
    after: [],
    risk: "read" as const,
  });
  const plan = { ...a, digest: "d", steps: ["s1", "s1/2", "s11"].map(step) };
  expect(stepOfEffect(plan, "d/s1/1")).toBe("s1");
  expect(stepOfEffect(plan, "d/s1/2/1")).toBe("s1/2");
  expect(stepOfEffect(plan, "other/s1/1")).toBeUndefined();
  expect(stepOfEffect(plan, "")).toBeUndefined();
});
