import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { postgres } from "../../src/postgres/index.ts";
import { sqlite } from "../../src/sqlite/index.ts";
import { type StoreHarness, storeContract } from "../../src/testing/index.ts";
import { type TestDatabase, temporaryDatabase } from "../support/postgres.ts";
import { createPooler } from "../support/postgres-pooler.ts";
import { temporaryDirectory } from "../support/serve.ts";

/** Runs every case against stores that an adapter makes in a place of its own. */
function keepsTheContract(name: string, open: () => Promise<StoreHarness & AsyncDisposable>): void {
  describe(name, () => {
    let harness: StoreHarness & AsyncDisposable;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness[Symbol.asyncDispose]());
    for (const one of storeContract) it(one.name, () => one.run(harness));
  });
}

keepsTheContract("sqlite", async () => {
  const directory = await temporaryDirectory();
  let count = 0;
  return {
    async makeStore() {
      count += 1;
      const store = sqlite(join(directory.path, `${count}.db`));
      await store.open();
      return store;
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
});

keepsTheContract(
  "postgres, behind a pooler in transaction mode, and a second process beside it",
  async () => {
    const database = await temporaryDatabase();
    await makeHostile(database);
    const pooler = await createPooler(database.url, 4);
    const open = async (url: string) => {
      const store = postgres(url, { listenUrl: database.url });
      await store.open();
      return store;
    };
    return {
      async makeStore() {
        await empty(database);
        return open(pooler.url);
      },
      second: () => open(database.url),
      async [Symbol.asyncDispose]() {
        await pooler[Symbol.asyncDispose]();
        await database[Symbol.asyncDispose]();
      },
    };
  },
);

/** Defaults as others may have set them: what is retried is, and what a commit means stays so. */
async function makeHostile(database: TestDatabase): Promise<void> {
  const [row] = await database.query<{ name: string }>("SELECT current_database() AS name");
  for (const setting of [
    "default_transaction_isolation = 'serializable'",
    "lock_timeout = '30ms'",
    "synchronous_commit = off",
    "search_path = pg_catalog",
    "timezone = 'Pacific/Chatham'",
  ]) {
    await database.query(`ALTER DATABASE ${row?.name} SET ${setting}`);
  }
}

/** Deleting the few rows of a case takes a tenth of the time of truncating. */
async function empty(database: TestDatabase): Promise<void> {
  const tables = [
    "crons",
    "threads",
    "events",
    "contents",
    "checkpoints",
    "writes",
    "writers",
    "assistants",
    "items",
    "deliveries",
  ];
  await database.query(tables.map((table) => `DELETE FROM countersign.${table}`).join("; "));
}
