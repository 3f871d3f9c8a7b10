import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import { inject } from "vitest";
import { postgres } from "../../src/postgres/index.ts";
import { type Cluster, createCluster, openCluster } from "./postgres-cluster.ts";

export interface TestDatabase {
  url: string;
  /** Runs one statement. Rows hold what `pg` makes of it. */
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

const template = "countersign_template";

/** A database of its own in the run's cluster, with the schema in place: cloned, which takes some 50 ms. */
export async function temporaryDatabase(): Promise<TestDatabase> {
  const cluster = await sharedCluster();
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  await administer(cluster, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const pool = new pg.Pool({ connectionString: cluster.url(name), max: 2 });
  pool.on("error", () => {});
  return {
    url: cluster.url(name),
    async query(sql, values) {
      return (await pool.query(sql, values)).rows;
    },
    async [Symbol.asyncDispose]() {
      await pool.end();
      await administer(cluster, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

/** A cluster for one test alone: to be stopped and killed. It has an empty database `test`. */
export async function temporaryCluster(
  settings: Record<string, string> = {},
): Promise<Cluster & { [Symbol.asyncDispose](): Promise<void> }> {
  const cluster = createCluster(inject("postgresRun"), settings);
  await cluster.start();
  await administer(cluster, "CREATE DATABASE test");
  return { ...cluster, [Symbol.asyncDispose]: () => cluster.remove() };
}

let shared: Promise<Cluster> | undefined;

/** The cluster all test files share: the first to need it starts it, the others wait. */
function sharedCluster(): Promise<Cluster> {
  shared ??= findOrStart(inject("postgresRun"));
  return shared;
}

async function findOrStart(run: string): Promise<Cluster> {
  const [note, failure] = [join(run, "shared"), join(run, "failure")];
  try {
    mkdirSync(join(run, "starting"));
  } catch {
    while (!existsSync(note)) {
      if (existsSync(failure)) throw new Error(readFileSync(failure, "utf8"));
      await wait(20);
    }
    return openCluster(readFileSync(note, "utf8"));
  }
  try {
    const cluster = createCluster(run);
    await cluster.start();
    await administer(cluster, `CREATE DATABASE ${template}`);
    const store = postgres(cluster.url(template));
    await store.open();
    await store.close();
    writeFileSync(`${note}.new`, cluster.directory);
    renameSync(`${note}.new`, note);
    return cluster;
  } catch (error) {
    writeFileSync(failure, String(error));
    throw error;
  }
}

async function administer(cluster: Cluster, sql: string): Promise<void> {
  const client = new pg.Client(cluster.url("postgres"));
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
