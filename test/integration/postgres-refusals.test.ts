import { afterAll, beforeAll, expect, it } from "vitest";
import type { Store } from "../../src/core/ports.ts";
import { postgres } from "../../src/postgres/index.ts";
import { toPayloads } from "../../src/postgres/notifier.ts";
import { type TestDatabase, temporaryDatabase } from "../support/postgres.ts";

let database: TestDatabase;
let store: Store;

beforeAll(async () => {
  database = await temporaryDatabase();
  store = postgres(database.url);
  await store.open();
});

afterAll(async () => {
  await store.close();
  await database[Symbol.asyncDispose]();
});

const at = 1_700_000_000_000;
const make = (threadId: string, metadata = {}) =>
  store.threads.create({ threadId, owner: null, metadata, at });

it("what PostgreSQL cannot store is an invalid argument, and nothing is written", async () => {
  const invalid = expect.objectContaining({ code: "invalid_argument" });
  await expect(make("a\u0000b")).rejects.toEqual(invalid);
  await expect(make("nul", { text: "\u0000" })).rejects.toEqual(invalid);
  await expect(make(Array.from({ length: 3_000 }, () => Math.random()).join())).rejects.toEqual(invalid);
  await expect(store.threads.find("a\u0000b")).rejects.toEqual(invalid);
  const all = { limit: 10, offset: 0, sortBy: "thread_id", sortOrder: "asc" } as const;
  expect(await store.threads.search(all)).toEqual([]);
});

it("a database that is not there is named, with what to check", async () => {
  const lost = postgres(database.url.replace(/\/test_\w+/, "/nowhere"));
  await expect(lost.open()).rejects.toMatchObject({
    code: "store_unavailable",
    message:
      'PostgreSQL refuses: database "nowhere" does not exist. Check the URL of the store and what its user may do.',
  });
  await lost.close();
});

it("a store that is not open says so", () => {
  expect(() => postgres(database.url).threads).toThrow("The store is not open. Call open() first.");
});

it("who may only read and write can open a schema that is there", async () => {
  const role = `role_${process.pid}`;
  await database.query(`CREATE ROLE ${role} LOGIN`);
  try {
    await database.query(`GRANT USAGE ON SCHEMA countersign TO ${role}`);
    await database.query(`GRANT ALL ON ALL TABLES IN SCHEMA countersign TO ${role}`);
    const limited = postgres(database.url.replace("countersign@", `${role}@`));
    await limited.open();
    const { created } = await limited.threads.create({ threadId: "t", owner: null, metadata: {}, at });
    expect(created).toBe(true);
    await limited.close();
    const elsewhere = postgres(database.url.replace("countersign@", `${role}@`), { schema: "elsewhere" });
    await expect(elsewhere.open()).rejects.toMatchObject({ code: "store_unavailable" });
  } finally {
    await database.query(`DROP OWNED BY ${role}`);
    await database.query(`DROP ROLE ${role}`);
  }
});

it("hints come in payloads PostgreSQL takes, each thread once", () => {
  const ids = Array.from({ length: 2_000 }, (_, index) => `é"${index}`);
  const payloads = toPayloads("sender", [...ids, "x".repeat(8_000)]);
  expect(payloads.every((payload) => Buffer.byteLength(payload) < 8_000)).toBe(true);
  expect(payloads.length).toBeLessThan(10);
  expect(payloads.flatMap((payload) => (JSON.parse(payload) as string[]).slice(1))).toEqual(ids);
  expect(toPayloads("sender", [])).toEqual([]);
});
