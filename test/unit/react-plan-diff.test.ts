import type { Changes, PlanStep } from "countersign/agent";
import fc from "fast-check";
import { expect, test } from "vitest";
import { changesBetween } from "../../src/agent/changes.ts";
import {
  compareSteps,
  countChanges,
  differencesOf,
  diffRows,
  previousPlan,
  revert,
} from "../../src/react/plan-diff.ts";

const step = (id: string, more: Partial<PlanStep> = {}): PlanStep => ({
  id,
  title: `Step ${id}`,
  why: "",
  tool: "note",
  args: { text: id },
  after: [],
  risk: "write",
  ...more,
});
const chain = (...ids: string[]) =>
  ids.map((id, index) => step(id, { after: index === 0 ? [] : [ids[index - 1] as string] }));
const plan = (steps: PlanStep[], revision = 1) => ({
  id: "p",
  revision,
  title: "P",
  summary: "",
  assumptions: [],
  steps,
  digest: `d${revision}`,
});
const between = (before: PlanStep[], after: PlanStep[]): Changes =>
  changesBetween(plan(before), plan(after, 2));
const inWords = (before: PlanStep[], after: PlanStep[]) =>
  diffRows(after, between(before, after), before).map((row) =>
    row.type === "removed"
      ? `-${row.step.id}@${row.number}`
      : `${row.isAdded ? "+" : ""}${row.before ? "~" : ""}${row.step.id}${row.moved ? `<${row.moved.from}` : ""}`,
  );

test("a removed step is shown at its old place, also the first and the last of all", () => {
  expect(inWords(chain("a", "b", "c"), chain("a", "c"))).toEqual(["a", "-b@2", "c"]);
  expect(inWords(chain("a", "b", "c"), chain("b"))).toEqual(["-a@1", "b", "-c@3"]);
  expect(inWords(chain("a", "b", "c", "d"), chain("x", "d"))).toEqual(["-a@1", "-b@2", "-c@3", "+x", "d"]);
});

test("one step that went to the top is the one that moved, and says from where", () => {
  const before = ["a", "b", "c", "d"].map((id) => step(id));
  expect(
    inWords(
      before,
      ["d", "a", "b", "c"].map((id) => step(id)),
    ),
  ).toEqual(["d<4", "a", "b", "c"]);
  expect(
    inWords(
      before,
      ["b", "a", "c", "d"].map((id) => step(id)),
    ),
  ).toEqual(["b", "a<1", "c", "d"]);
});

test("a chain that closes over a removed or moved step has no further changes", () => {
  expect(inWords(chain("a", "b", "c"), chain("c", "a", "b"))).toEqual(["c<3", "a", "b"]);
  const waiting = [step("a"), step("b"), step("c", { after: ["a"] })];
  const other = [step("a"), step("b"), step("c", { after: ["a", "b"] })];
  expect(inWords(waiting, other)).toEqual(["a", "b", "~c"]);
});

test("without the revision before, changed values are still known, and moved steps have no old place", () => {
  const before = [step("a", { args: { lines: [1, 2, 3], gone: "x" } }), step("b")];
  const after = [step("b"), step("a", { args: { lines: [1], here: true } })];
  const rows = diffRows(after, between(before, after), undefined);
  const a = rows.find((row) => row.step.id === "a");
  expect(a).toMatchObject({ before: { args: { lines: [1, 2, 3], gone: "x" } }, moved: { from: null } });
});

test("what was before is got back from any two versions and the changes between them", () => {
  const args = fc.dictionary(fc.constantFrom("a", "b", "constructor"), fc.jsonValue({ maxDepth: 3 }));
  const one = fc.record({
    tool: fc.constantFrom("note", "mail"),
    args,
    late: fc.dictionary(fc.constantFrom("x", "y"), fc.string()),
    after: fc.subarray(["s1", "s2"]),
  }) as fc.Arbitrary<Partial<PlanStep>>;
  fc.assert(
    fc.property(one, one, (old, now) => {
      const [before, after] = [step("s", old), step("s", now)];
      const details = between([before], [after]).details.s ?? [];
      const { tool, args, late, after: waits } = revert(after, details);
      expect(JSON.parse(JSON.stringify({ tool, args, late, waits }))).toEqual(
        JSON.parse(JSON.stringify({ ...old, after: undefined, waits: old.after })),
      );
    }),
  );
});

test("differences name each argument, rule and tool with both texts", () => {
  const before = step("a", { args: { path: "x.md", n: 1 }, late: { content: "from b" } });
  const after = step("a", { tool: "write", args: { path: "y.md" }, after: ["b"] });
  expect(differencesOf(before, after)).toEqual([
    { kind: "tool", name: "tool", before: "note", after: "write" },
    { kind: "arg", name: "path", before: "x.md", after: "y.md" },
    { kind: "arg", name: "n", before: "1", after: null },
    { kind: "late", name: "content", before: "from b", after: null },
    { kind: "after", name: "after", before: "", after: "b" },
  ]);
});

test("an edit is compared as the server compares it, whatever the order of keys", () => {
  const before = [step("a", { args: { x: 1, y: { p: 1, q: 2 } } }), step("b"), step("c")];
  const after = [step("c"), step("a", { args: { y: { q: 2, p: 1 }, x: 1 } }), step("n")];
  const { details: _, since: __, ...told } = between(before, after);
  expect(compareSteps(before, after)).toMatchObject(told);
  expect(countChanges(diffRows(after, compareSteps(before, after), before))).toEqual({
    added: 1,
    removed: 1,
    changed: 0,
    moved: 1,
  });
});

test("the revision before is found by plan and number among those recorded", () => {
  const [first, second] = [plan([], 1), plan([], 2)];
  expect(previousPlan({ id: "p" }, 1, [first, second, { ...first, id: "q" }])).toBe(first);
  expect(previousPlan({ id: "q" }, 1, [first, second])).toBeUndefined();
  expect(previousPlan({ id: "p" }, undefined, [first])).toBeUndefined();
});
