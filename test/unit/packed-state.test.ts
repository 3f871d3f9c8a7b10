import { createHash, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Content, Fact } from "../../src/core/ports.ts";
import { examineDatabase, sqlite } from "../../src/sqlite/index.ts";
import { migrations } from "../../src/sqlite/migrations.ts";
import { temporaryDirectory } from "../support/serve.ts";

const threadId = "t";
const said = "What is said in each turn, and much the same each time. ".repeat(20);

function content(kind: "v" | "l", text: string): Content {
  const bytes = Buffer.from(kind + text);
  const name = createHash("sha256").update(bytes).digest().subarray(0, 16);
  return { hash: name.toString("base64url"), bytes };
}

/** What a turn leaves: a value, a list that names it, and a checkpoint of both. */
function turn(number: number): { facts: Fact[]; contents: Content[] } {
  const value = content("v", `${number} ${said} ${randomBytes(6).toString("hex")}`);
  const list = content("l", `${number} ${value.hash}`);
  const contents = [value, list];
  const checkpoint = {
    checkpointNs: "",
    checkpointId: id(number),
    parentId: number === 0 ? null : id(number - 1),
    metadata: { step: number },
    body: { v: 4, ts: new Date(number).toISOString(), channels: { messages: list.hash } },
    contents,
  };
  return { facts: [{ type: "checkpoint", checkpoint }], contents };
}

const id = (number: number) => `c${String(number).padStart(6, "0")}`;

async function fill(file: string, turns: number) {
  const store = sqlite(file);
  await store.open();
  await store.threads.create({ threadId, owner: null, metadata: {}, at: 1 });
  const contents: Content[] = [];
  for (let from = 0; from < turns; from += 20) {
    const made = Array.from({ length: 20 }, (_, place) => turn(from + place));
    contents.push(...made.flatMap((one) => one.contents));
    const facts = made.flatMap((one) => one.facts);
    await store.checkpoints.record(threadId, facts, from);
  }
  return { store, contents };
}

/** Looks at the file beside the store. */
function look<T>(file: string, see: (db: Database.Database) => T): T {
  const db = new Database(file);
  try {
    return see(db);
  } finally {
    db.close();
  }
}

const count = (file: string, table: string) =>
  look(file, (db) => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number);

test("a packed state reads as it was written, in any portions, by this process and the next", async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, "test.db");
  const { store, contents } = await fill(file, 500);
  expect(count(file, "contents")).toBeLessThan(400);
  expect(count(file, "packed_contents") + count(file, "contents")).toBe(1000);
  expect(count(file, "checkpoint_bodies")).toBeLessThan(192);
  expect(count(file, "packed_bodies") + count(file, "checkpoint_bodies")).toBe(500);
  await store.close();
  const next = sqlite(file);
  await next.open();
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(999), { maxLength: 300 }), async (places) => {
      const wanted = places.map((place) => contents[place] as Content);
      const hashes = [...wanted.map(({ hash }) => hash), "nothing"];
      const found = await next.checkpoints.contents(threadId, hashes);
      expect(found.size).toBe(wanted.length);
      for (const { hash, bytes } of wanted) expect(Buffer.from(found.get(hash) ?? [])).toEqual(bytes);
    }),
    { numRuns: 15 },
  );
  const all = await next.checkpoints.list(threadId, {});
  expect(all.map(({ checkpointId }) => checkpointId)).toEqual(all.map((_, place) => id(499 - place)));
  for (const number of [0, 100, 499]) {
    expect(await next.checkpoints.find(threadId, "", id(number))).toMatchObject({
      metadata: { step: number },
      body: { v: 4, channels: { messages: contents[number * 2 + 1]?.hash } },
    });
  }
  await next.close();
});

test("what is packed is not stored again, and a checkpoint that is written again is the new one", async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, "test.db");
  const { store, contents } = await fill(file, 300);
  const [first] = contents as [Content];
  const again = (step: number): Fact => ({
    type: "checkpoint",
    checkpoint: {
      checkpointNs: "",
      checkpointId: id(0),
      parentId: null,
      metadata: { step },
      body: { again: step },
      contents: [first],
    },
  });
  await store.checkpoints.record(threadId, [again(1)], 1);
  await store.checkpoints.record(threadId, [again(2)], 1);
  expect(count(file, "contents") + count(file, "packed_contents")).toBe(600);
  expect(count(file, "checkpoint_bodies") + count(file, "packed_bodies")).toBe(300);
  expect(await store.checkpoints.find(threadId, "", id(0))).toMatchObject({ body: { again: 2 } });
  await store.close();
});

test("a thread whose past is thinned out keeps what is kept, and gives the room back", async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, "test.db");
  const { store, contents } = await fill(file, 500);
  const packed = () =>
    look(file, (db) => db.prepare("SELECT sum(length(bytes)) FROM packs").pluck().get() as number);
  const before = packed();
  // Of each turn up to 400 its value alone is kept: most of the packs of values, none of those of lists.
  const kept = contents.filter((_, place) => place % 2 === 0 || place >= 800);
  const numbers = Array.from({ length: 100 }, (_, place) => 400 + place);
  await store.checkpoints.prune(threadId, {
    newest: id(499),
    checkpoints: numbers.map((number) => ({ checkpointNs: "", checkpointId: id(number) })),
    hashes: kept.map(({ hash }) => hash),
  });
  expect(count(file, "checkpoint_bodies") + count(file, "packed_bodies")).toBe(100);
  expect((await store.checkpoints.find(threadId, "", id(420)))?.body.v).toBe(4);
  // Then every tenth value: packs of which most is gone are taken apart.
  const few = kept.filter((_, place) => place % 10 === 0);
  await store.checkpoints.prune(threadId, {
    newest: id(499),
    checkpoints: [{ checkpointNs: "", checkpointId: id(499) }],
    hashes: few.map(({ hash }) => hash),
  });
  const found = await store.checkpoints.contents(
    threadId,
    contents.map(({ hash }) => hash),
  );
  expect([...found.keys()].sort()).toEqual(few.map(({ hash }) => hash).sort());
  for (const { hash, bytes } of few) expect(Buffer.from(found.get(hash) ?? [])).toEqual(bytes);
  expect(packed() ?? 0).toBeLessThan(before / 2);
  const sum = (column: string, table: string) =>
    look(file, (db) => db.prepare(`SELECT total(${column}) FROM ${table}`).pluck().get() as number);
  const used = sum("length", "packed_contents") + sum("length", "packed_bodies");
  expect(sum("size", "packs")).toBeLessThanOrEqual(2 * used);
  await store.checkpoints.delete(threadId);
  for (const table of ["contents", "packed_contents", "packs", "checkpoint_bodies", "packed_bodies"])
    expect([table, count(file, table)]).toEqual([table, 0]);
  await store.close();
});

test("a copy has a state of its own, and outlives the thread it was made of", async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, "test.db");
  const { store, contents } = await fill(file, 300);
  const run = {
    runId: "r",
    graphId: "g",
    assistantId: "g",
    kind: "input" as const,
    kwargs: {},
    metadata: {},
    multitaskStrategy: "enqueue" as const,
    graphVersion: "1",
    createdAt: 1,
  };
  const told = { runId: null, method: "custom" as const, namespace: [], at: 1, data: "{}" };
  const copy = { owner: null, metadata: {}, at: 1, run, events: [], requested: () => told };
  await store.threads.copy(threadId, { ...copy, threadId: "copy" });
  await store.threads.delete(threadId);
  const hashes = contents.map(({ hash }) => hash);
  const found = await store.checkpoints.contents("copy", hashes);
  for (const { hash, bytes } of contents) expect(Buffer.from(found.get(hash) ?? [])).toEqual(bytes);
  expect((await store.checkpoints.find("copy", "", id(0)))?.body.channels).toEqual({ messages: hashes[1] });
  expect(await store.checkpoints.list("copy", {})).toHaveLength(300);
  await store.threads.delete("copy");
  expect(count(file, "packs") + count(file, "packed_contents") + count(file, "packed_bodies")).toBe(0);
  await store.close();
});

test("the doctor looks into packs", async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, "test.db");
  const { store } = await fill(file, 300);
  await store.close();
  const namedIn = (bytes: Uint8Array) =>
    bytes[0] === 0x6c ? [String(Buffer.from(bytes).toString().split(" ")[1])] : [];
  const broken = () =>
    examineDatabase(file, namedIn)
      .filter(({ level }) => level === "broken")
      .map(({ promise }) => promise);
  expect(broken()).toEqual([]);
  const whole = "Every content is whole, and what its name says";
  const there = "Every state and every write has its content";
  const healthy = readFileSync(file);
  for (const [damage, found] of [
    ["UPDATE packs SET bytes = x'00' WHERE pack_no = 1", [whole]],
    ["UPDATE packed_contents SET start = start + 1 WHERE pack_no = 1", [whole]],
    ["DELETE FROM packed_contents WHERE pack_no = 1", [whole]],
    ["DELETE FROM packed_contents", [there]],
    ["DELETE FROM packed_bodies", [there]],
  ] as const) {
    writeFileSync(file, healthy);
    look(file, (db) => db.exec(damage));
    expect([damage, broken()]).toEqual([damage, expect.arrayContaining([...found])]);
  }
});

/** The schema that there was before packs. */
const before = migrations.findIndex((sql) => sql.includes("CREATE TABLE packs"));

test("a database of the schema before is carried over", async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, "test.db");
  const { store, contents } = await fill(file, 40);
  await store.close();
  look(file, (db) =>
    db.exec(`
      ALTER TABLE checkpoints ADD COLUMN body TEXT NOT NULL DEFAULT '';
      UPDATE checkpoints SET body = (SELECT body FROM checkpoint_bodies b WHERE b.checkpoint_no = checkpoints.checkpoint_no);
      DROP TABLE packs; DROP TABLE packed_contents; DROP TABLE checkpoint_bodies; DROP TABLE packed_bodies;
      ALTER TABLE runs DROP COLUMN deflated_kwargs;
      ALTER TABLE runs DROP COLUMN acted; ALTER TABLE interrupts DROP COLUMN engine_id;
      ALTER TABLE writes DROP COLUMN run_no; DROP TABLE replaced_writes;
      DROP INDEX runs_unfinished_of_thread;
      PRAGMA user_version = ${before}`),
  );
  const next = sqlite(file);
  await next.open();
  expect((await next.checkpoints.find(threadId, "", id(7)))?.body.channels).toEqual({
    messages: contents[15]?.hash,
  });
  for (let number = 40; number < 300; number += 1)
    await next.checkpoints.record(threadId, turn(number).facts, number);
  const found = await next.checkpoints.contents(
    threadId,
    contents.map(({ hash }) => hash),
  );
  expect(found.size).toBe(contents.length);
  expect(count(file, "packs")).toBeGreaterThan(0);
  await next.close();
});
