import { expect, test } from "vitest";
import { createUnservedLook } from "../../src/core/unserved.ts";

test("a graph whose runs wait for half a minute is told of once, until somebody has served it", async () => {
  let waiting: string[] = [];
  const told: unknown[] = [];
  const asked: string[][] = [];
  const listUnserved = async (graphIds: string[]) => {
    asked.push(graphIds);
    return waiting;
  };
  const look = createUnservedLook(
    { listUnserved },
    () => ["mine"],
    (_error, context) => told.push(context),
  );
  const seconds = async (count: number) => {
    for (let second = 0; second < count; second += 1) await look();
  };
  await seconds(100);
  expect(told).toEqual([]);
  expect(asked).toEqual(Array.from({ length: 10 }, () => ["mine"]));
  waiting = ["gone", "busy"];
  await seconds(20);
  waiting = ["gone"];
  expect(told).toEqual([]);
  await seconds(100);
  expect(told).toEqual([{ graphId: "gone" }]);
  waiting = [];
  await seconds(10);
  waiting = ["gone"];
  await seconds(100);
  expect(told).toEqual([{ graphId: "gone" }, { graphId: "gone" }]);
});
