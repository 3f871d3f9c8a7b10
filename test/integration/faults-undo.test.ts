import { expect, test } from "vitest";
import { storeKinds } from "../support/both-stores.ts";
import { killAtEach, listPoints } from "../support/kill-points.ts";
import { temporaryDatabase } from "../support/postgres.ts";

/** Data of its own for the servers of a test: SQLite has it in their directory. */
async function temporaryStore(kind: (typeof storeKinds)[number]) {
  const database = kind === "postgres" ? await temporaryDatabase() : undefined;
  return {
    store: database === undefined ? {} : { store: database.url },
    [Symbol.asyncDispose]: async () => database?.[Symbol.asyncDispose](),
  };
}

/** Around the answer, its undoing, and where the run takes the answer in. */
const isNear = (at: string) => /^interrupts\.|\.resume:/.test(at);

for (const kind of storeKinds) {
  for (const undoes of ["waiting", "running"] as const) {
    test(`${kind}: killed around the undoing of an answer that is ${undoes}, it is taken back or it stays, and nothing runs twice`, async () => {
      await using place = await temporaryStore(kind);
      const options = { assistantId: "agent", seed: 11, undoes, ...place.store };
      const all = await listPoints(options);
      expect(all.map(({ at }) => at)).toContain("interrupts.undo:before");
      expect(all.map(({ at }) => at)).toContain("interrupts.undo:after");
      const points = all.filter(({ at }) => isNear(at));
      const { faults, undone, booked } = await killAtEach(options, points);
      expect(faults).toEqual([]);
      expect(booked).toBeGreaterThan(0);
      if (undoes === "waiting") expect(undone).toBe(points.length);
    }, 300_000);
  }
}
