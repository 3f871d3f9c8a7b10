import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { EventRecord, NewEvent } from "../../src/core/ports.ts";
import { createAppendEvents } from "../../src/sqlite/append-events.ts";
import { connect } from "../../src/sqlite/connection.ts";
import { createLogPort } from "../../src/sqlite/log.ts";
import { createPackEvents } from "../../src/sqlite/pack-events.ts";
import { createThreadPort } from "../../src/sqlite/threads.ts";

const text = "A long sentence that is said three times in each turn. ".repeat(20);

/** What a turn leaves in the log once it is folded, or about that. */
function turn(number: number): NewEvent[] {
  const event = (method: NewEvent["method"], data: unknown, more: Partial<NewEvent> = {}): NewEvent => {
    const id = crypto.randomUUID();
    return {
      runId: null,
      method,
      namespace: [`node:${id}`],
      at: number,
      data: JSON.stringify(data),
      ...more,
    };
  };
  return [
    event("lifecycle", { event: "running" }),
    event("messages", { event: "content-block-finish", text }),
    event("custom", { name: "note", payload: number }, { customName: "note", node: "chat" }),
    event("updates", { messages: [{ type: "ai", content: text }] }, { node: "chat" }),
    event("tasks", { result: text }, { isRef: number % 2 === 0 }),
    event("input.requested", { interrupt_id: String(number) }),
    event("values", { checkpointNs: "", checkpointId: String(number) }, { isRef: true, foldKey: "values/" }),
    event("lifecycle", { event: "completed" }),
  ];
}

async function fill(turns: number) {
  const connection = connect(":memory:");
  const { db, write } = connection;
  await createThreadPort(connection).create({ threadId: "t", owner: null, metadata: {}, at: 1 });
  const append = createAppendEvents(db);
  const pack = createPackEvents(db);
  const log = createLogPort(connection);
  for (let number = 0; number < turns; number += 1) {
    write(() => {
      append(1, null, turn(number));
      pack(1);
    });
  }
  const count = (table: string) => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
  return { log, count, append: (events: NewEvent[]) => write(() => append(1, null, events)), db };
}

const plain = ({ foldKey: _, ...event }: EventRecord) => event;

test("a packed log reads as it was written, from every cursor and in pages of any length", async () => {
  const { log, count, append } = await fill(200);
  append(turn(200));
  const whole = await log.read("t", 0, 10_000);
  expect(whole).toHaveLength(201 * 8);
  expect(whole.map(({ seq }) => seq)).toEqual(whole.map((_, place) => place + 1));
  expect(whole.slice(0, 8).map(({ method }) => method)).toEqual(turn(0).map(({ method }) => method));
  expect(whole[2]).toMatchObject({ customName: "note", node: "chat", runId: null, at: 0 });
  expect([whole[4]?.isRef, whole[12]?.isRef]).toEqual([true, undefined]);
  expect(count("packed_events")).toBeGreaterThan(10);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: whole.length + 2 }),
      fc.integer({ min: 1, max: 700 }),
      async (after, limit) => {
        expect((await log.read("t", after, limit)).map(plain)).toEqual(whole.slice(after, after + limit));
      },
    ),
    { numRuns: 200 },
  );
});

test("rows stay few, however long the thread, and a turn takes a fraction of its text", async () => {
  const { count, db } = await fill(400);
  const isRow = "method NOT IN ('values', 'input.requested')";
  expect(db.prepare(`SELECT count(*) FROM events WHERE ${isRow}`).pluck().get()).toBeLessThan(64 + 8);
  const bytes = db.prepare("SELECT sum(length(bytes)) FROM packed_events").pluck().get() as number;
  expect(bytes / 400).toBeLessThan(text.length / 2);
  expect(count("packed_events")).toBeLessThan(60);
});

test("a thread takes its packed events with it", async () => {
  const { count, db, log } = await fill(100);
  db.prepare("DELETE FROM threads").run();
  expect(count("packed_events")).toBe(0);
  expect(await log.read("t", 0, 10)).toEqual([]);
});
