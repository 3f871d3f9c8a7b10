import { expect, test } from "vitest";
import { createJournal } from "../../src/core/journal.ts";
import type { EventRecord, Fact, NewEvent } from "../../src/core/ports.ts";

const event = (data: string): NewEvent => ({ runId: "r", method: "custom", namespace: [], at: 0, data });
const fact = (data: string): Fact => ({ type: "event", event: event(data) });
const dataOf = (facts: Fact[]) => facts.map((one) => (one.type === "event" ? one.event.data : one.type));

/** A store whose commits are held until they are let go. */
function createSlowStore() {
  const batches: string[][] = [];
  const release: (() => void)[] = [];
  const record = async (facts: Fact[]): Promise<EventRecord[]> => {
    batches.push(dataOf(facts));
    await new Promise<void>((resolve) => release.push(resolve));
    return facts.flatMap((one) => (one.type === "event" ? [{ ...one.event, seq: 0 }] : []));
  };
  return { batches, release, record };
}

test("while a commit is in flight the next batch collects itself, in order", async () => {
  const { batches, release, record } = createSlowStore();
  const published: string[] = [];
  const journal = createJournal({
    record,
    publish: (events) => published.push(...events.map(({ data }) => data)),
    onFailure: () => {},
  });
  journal.event(event("1"));
  await expect.poll(() => batches).toEqual([["1"]]);
  journal.event(event("2"));
  const committed = journal.commit([fact("3")]);
  journal.event(event("4"));
  expect(published, "nothing is visible before it is durable").toEqual([]);
  release[0]?.();
  await expect.poll(() => batches).toEqual([["1"], ["2", "3", "4"]]);
  expect(published).toEqual(["1"]);
  release[1]?.();
  await committed;
  expect(published).toEqual(["1", "2", "3", "4"]);
});

test("after a commit that failed nothing is committed, and whoever commits hears of it", async () => {
  let calls = 0;
  const failures: unknown[] = [];
  const journal = createJournal({
    record: async () => {
      calls += 1;
      throw new Error("disk full");
    },
    publish: () => {},
    onFailure: (error) => failures.push(error),
  });
  await expect(journal.commit([fact("1")])).rejects.toThrow("disk full");
  await expect(journal.commit([fact("2")])).rejects.toThrow("disk full");
  await expect(journal.drain()).rejects.toThrow("disk full");
  expect([calls, failures.length]).toEqual([1, 1]);
});

test("what is drained is not committed as well", async () => {
  const batches: string[][] = [];
  const journal = createJournal({
    record: async (facts) => {
      batches.push(dataOf(facts));
      return [];
    },
    publish: () => {},
    onFailure: () => {},
  });
  journal.event(event("1"));
  expect(dataOf(await journal.drain())).toEqual(["1"]);
  await journal.commit([fact("2")]);
  expect(batches).toEqual([["2"]]);
});
