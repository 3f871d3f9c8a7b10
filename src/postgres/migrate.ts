import type { PoolClient, QueryConfig } from "pg";
import { CountersignError } from "../protocol/errors.ts";
import { type Migration, migrations as ours } from "./migrations.ts";
import type { Settings } from "./options.ts";

interface Version {
  /** The last migration applied; 0 when there is none. */
  applied: number;
  /** The last one that breaks code that does not know it. */
  breaking: number;
}

/** How long a migration may take, in ms: longer than anything else. */
const longestMs = 86_400_000;

/** The oldest server that works, as `server_version_num`. */
const oldestServer = 140000;

/**
 * Brings the schema up to date. Processes that start together take turns by a lock of this transaction, and
 * a crash in the middle leaves what was there before.
 *
 * @param migrations - Ours; another list for tests.
 * @throws `store_unavailable` for a server that is too old, and for a schema of a newer Countersign that
 * this one cannot work with. One that only added to it is fine.
 */
export async function migrate(
  client: PoolClient,
  { schema, quotedSchema: s }: Pick<Settings, "schema" | "quotedSchema">,
  migrations: readonly Migration[] = ours,
): Promise<void> {
  await refuseOldServer(client);
  const found = await readVersion(client, s);
  refuseNewer(found, migrations.length, schema);
  if (found.applied >= migrations.length) return;
  await client.query("BEGIN");
  try {
    await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [`countersign/${schema}`]);
    await createSchema(client, s, schema);
    const current = await readVersion(client, s);
    refuseNewer(current, migrations.length, schema);
    for (const [index, { sql, isBreaking }] of migrations.entries()) {
      if (index < current.applied) continue;
      await client.query({ text: sql(s), query_timeout: longestMs } as QueryConfig);
      await client.query(
        `INSERT INTO ${s}.migrations (number, is_breaking, applied_at) VALUES ($1, $2, clock_timestamp())`,
        [index + 1, isBreaking],
      );
    }
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {}); // the connection is gone, and the transaction with it
    throw error;
  }
}

/** Both only when they are missing, since `IF NOT EXISTS` wants the right to create them all the same. */
async function createSchema(client: PoolClient, s: string, schema: string): Promise<void> {
  const { rowCount } = await client.query("SELECT 1 FROM pg_namespace WHERE nspname = $1", [schema]);
  if (rowCount === 0) await client.query(`CREATE SCHEMA ${s}`);
  if (await hasMigrations(client, s)) return;
  await client.query(
    `CREATE TABLE ${s}.migrations (
       number integer PRIMARY KEY, is_breaking boolean NOT NULL, applied_at timestamptz NOT NULL)`,
  );
}

async function readVersion(client: PoolClient, s: string): Promise<Version> {
  if (!(await hasMigrations(client, s))) return { applied: 0, breaking: 0 };
  const { rows } = await client.query<Version>(
    `SELECT coalesce(max(number), 0) AS applied, coalesce(max(number) FILTER (WHERE is_breaking), 0) AS breaking
     FROM ${s}.migrations`,
  );
  return rows[0] as Version;
}

async function hasMigrations(client: PoolClient, s: string): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>("SELECT to_regclass($1) IS NOT NULL AS there", [
    `${s}.migrations`,
  ]);
  return rows[0]?.there === true;
}

function refuseNewer({ applied, breaking }: Version, known: number, schema: string): void {
  if (breaking <= known) return;
  throw new CountersignError(
    "store_unavailable",
    `The schema ${schema} was written by a newer Countersign (migration ${applied}; this one knows ${known}). Start the newer version, or choose another schema.`,
  );
}

async function refuseOldServer(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ number: string; name: string }>(
    "SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS name",
  );
  const { number, name } = rows[0] as { number: string; name: string };
  if (Number(number) >= oldestServer) return;
  throw new CountersignError(
    "store_unavailable",
    `PostgreSQL ${name} is too old: Countersign needs ${oldestServer / 10_000} or newer. Upgrade the server.`,
  );
}
