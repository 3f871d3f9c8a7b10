import { randomUUID } from "node:crypto";
import { join } from "node:path";
import Database from "better-sqlite3";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgres } from "../../src/postgres/index.ts";
import { migrate } from "../../src/postgres/migrate.ts";
import { migrations } from "../../src/postgres/migrations.ts";
import { sqlite } from "../../src/sqlite/index.ts";
import { type TestDatabase, temporaryDatabase } from "../support/postgres.ts";
import { dumpSchema } from "../support/postgres-dump.ts";
import { temporaryDirectory } from "../support/serve.ts";

/** After a migration: `npx vitest run --project integration test/integration/schema.test.ts -u`, and read the diff. */

describe("postgres", () => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await temporaryDatabase();
    client = new pg.Client(database.url);
    await client.connect();
  });

  afterAll(async () => {
    await client.end();
    await database[Symbol.asyncDispose]();
  });

  /** A schema that is not there yet, as `migrate` is given it. */
  function newSchema(name = `s_${randomUUID().replaceAll("-", "")}`) {
    return { schema: name, quotedSchema: `"${name}"` };
  }

  const connection = () => client as unknown as pg.PoolClient;

  it("the schema is the one in schema.sql", async () => {
    const dump = await dumpSchema(database, "countersign");
    await expect(dump).toMatchFileSnapshot("../../src/postgres/schema.sql");
  });

  it("stores that are opened at once on an empty database make one schema", async () => {
    const { schema } = newSchema();
    const stores = Array.from({ length: 6 }, () => postgres(database.url, { schema, pool: { max: 1 } }));
    await Promise.all(stores.map((store) => store.open()));
    const at = 1_700_000_000_000;
    const outcomes = await Promise.all(
      stores.map((store) => store.threads.create({ threadId: "t", owner: null, metadata: {}, at })),
    );
    expect(outcomes.filter(({ created }) => created)).toHaveLength(1);
    await Promise.all(stores.map((store) => store.close()));
    const rows = await database.query(`SELECT number FROM "${schema}".migrations`);
    expect(rows).toHaveLength(migrations.length);
  });

  it("a schema may have any name", async () => {
    const { schema } = newSchema('odd "name" . with 50 % of everything');
    const store = postgres({ url: database.url, schema });
    await store.open();
    await store.threads.create({ threadId: "t", owner: null, metadata: {}, at: 1 });
    await store.close();
    expect(() => postgres(database.url, { schema: "x".repeat(64) })).toThrow(TypeError);
  });

  it("a migration that fails leaves what was there before", async () => {
    const target = newSchema();
    await migrate(connection(), target);
    const broken = { isBreaking: false, sql: (s: string) => `CREATE TABLE ${s}.half (); SELECT 1 / 0` };
    await expect(migrate(connection(), target, [...migrations, broken])).rejects.toThrow("division by zero");
    await migrate(connection(), target);
    expect(await client.query("SELECT to_regclass($1) AS half", [`${target.schema}.half`])).toMatchObject({
      rows: [{ half: null }],
    });
  });

  it("a migration is applied once, also by those who come at the same time", async () => {
    const target = newSchema();
    await migrate(connection(), target);
    const more = [...migrations, { isBreaking: false, sql: (s: string) => `CREATE TABLE ${s}.more ()` }];
    const clients = Array.from({ length: 4 }, () => new pg.Client(database.url));
    await Promise.all(clients.map((one) => one.connect()));
    await Promise.all(clients.map((one) => migrate(one as unknown as pg.PoolClient, target, more)));
    await Promise.all(clients.map((one) => one.end()));
  });

  it("a newer schema that breaks this version is refused by name; one that only adds is fine", async () => {
    const target = newSchema();
    const newer = (isBreaking: boolean) => [...migrations, { isBreaking, sql: () => "SELECT 1" }];
    await migrate(connection(), target, newer(false));
    const store = postgres(database.url, { schema: target.schema });
    await store.open();
    await store.close();
    await migrate(connection(), target, [...newer(false), { isBreaking: true, sql: () => "SELECT 1" }]);
    await expect(store.open()).rejects.toMatchObject({
      code: "store_unavailable",
      message: expect.stringContaining(`The schema ${target.schema} was written by a newer Countersign`),
    });
    await store.close();
  });
});

describe("sqlite", () => {
  it("the schema is the one in schema.sql", async () => {
    await using directory = await temporaryDirectory();
    const file = join(directory.path, "test.db");
    const store = sqlite(file);
    await store.open();
    await store.close();
    const db = new Database(file, { readonly: true });
    const rows = db
      .prepare<[], { sql: string }>("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name")
      .all()
      .filter(({ sql }) => !sql.includes("sqlite_"));
    db.close();
    const dump = `${rows.map(({ sql }) => `${sql.replaceAll(/\n {2}/g, "\n")};`).join("\n\n")}\n`;
    await expect(dump).toMatchFileSnapshot("../../src/sqlite/schema.sql");
  });
});
