import { expect, test } from "vitest";
import { leavesOf, partingOf, pathOf, toVersions } from "../../web/src/lib/branches.ts";

/** A history in which a message was said three ways: 1-2, then 3-4 and 5-6 from before 2. Newest first. */
const knots = [
  { id: "6", parent: "5" },
  { id: "5", parent: "1" },
  { id: "4", parent: "3" },
  { id: "3", parent: "1" },
  { id: "2", parent: "1" },
  { id: "1", parent: null },
];
const parents = new Map(knots.map(({ id, parent }) => [id, parent]));
const said: Record<string, string[]> = {
  2: ["a", "b"],
  4: ["a", "c", "d"],
  6: ["a", "e"],
  8: ["a", "b", "f"],
};

function versionsFrom(shown: string, others: string[]) {
  const path = pathOf(shown, parents);
  return toVersions(
    { leaf: shown, messages: said[shown] ?? [] },
    others.map((leaf) => {
      const [began, parted] = partingOf(pathOf(leaf, parents), path);
      return { leaf, began, parted, messages: said[leaf] ?? [] };
    }),
  );
}

test("the ends of a history are its versions, and a path leads from one to the beginning", () => {
  expect(leavesOf(knots)).toEqual(["6", "4", "2"]);
  expect(pathOf("4", parents)).toEqual(["4", "3", "1"]);
  expect(pathOf("x", new Map([["x", "x"]]))).toEqual(["x"]);
});

test("what was said at the same place are versions of one message, in the order in which they were begun", () => {
  expect(versionsFrom("6", ["4", "2"])).toEqual(new Map([["e", { leaves: ["2", "4", "6"], at: 2 }]]));
  expect(versionsFrom("4", ["6", "2"])).toEqual(new Map([["c", { leaves: ["2", "4", "6"], at: 1 }]]));
  expect(versionsFrom("2", ["6", "4"])).toEqual(new Map([["b", { leaves: ["2", "4", "6"], at: 0 }]]));
});

test("one that only ends earlier is no version of its own", () => {
  expect(
    toVersions({ leaf: "x", messages: ["a", "b"] }, [
      { leaf: "y", messages: ["a"], began: "1", parted: "2" },
      { leaf: "z", messages: ["a", "b", "c"], began: "1", parted: "2" },
    ]),
  ).toEqual(new Map());
});

test("a version that was gone on with is the same version, at its new end", () => {
  const grown = [{ id: "8", parent: "7" }, { id: "7", parent: "2" }, ...knots];
  expect(leavesOf(grown)).toEqual(["8", "6", "4"]);
  for (const { id, parent } of grown) parents.set(id, parent);
  expect(versionsFrom("8", ["6", "4"])).toEqual(new Map([["b", { leaves: ["8", "4", "6"], at: 0 }]]));
});
