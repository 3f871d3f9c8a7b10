import { expect, test } from "vitest";
import { refresh } from "../../src/react/refresh.ts";

test("looks at a thread do not overtake each other: the last one shows last, whatever came of those before it", async () => {
  const under: (() => void)[] = [];
  const log: string[] = [];
  const controller = {
    hydrationPromise: Promise.reject(new Error("the first look failed")),
    hydrate: () => {
      const name = String(log.length);
      log.push(`${name} begins`);
      return new Promise<void>((resolve, reject) => {
        under.push(() => {
          log.push("ends");
          name === "0" ? reject(new Error("no server")) : resolve();
        });
      });
    },
  };
  const first = refresh(controller);
  const second = refresh(controller);
  await expect.poll(() => under.length).toBe(1);
  under[0]?.();
  await expect(first).rejects.toThrow("no server");
  await expect.poll(() => under.length).toBe(2);
  under[1]?.();
  await second;
  expect(log).toEqual(["0 begins", "ends", "2 begins", "ends"]);
});
