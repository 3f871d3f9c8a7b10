import type { TestDatabase } from "./postgres.ts";

/**
 * A schema as SQL, read from the catalog: what `pg_dump` would say, without what differs between its
 * versions. Objects come by name, columns in their order.
 */
export async function dumpSchema({ query }: TestDatabase, schema: string): Promise<string> {
  const list = async (sql: string) => (await query<{ text: string }>(sql, [schema])).map(({ text }) => text);
  const tables = await query<{ oid: number; name: string; head: string; tail: string }>(
    `SELECT c.oid, c.relname AS name,
       CASE c.relpersistence WHEN 'u' THEN 'CREATE UNLOGGED TABLE ' ELSE 'CREATE TABLE ' END AS head,
       coalesce(' WITH (' || array_to_string(c.reloptions, ', ') || ')', '') AS tail
     FROM pg_class c WHERE c.relnamespace = $1::regnamespace AND c.relkind = 'r' ORDER BY c.relname`,
    [schema],
  );
  const parts: string[] = [];
  for (const { oid, name, head, tail } of tables) {
    const columns = await query<{ text: string }>(
      `SELECT concat(a.attname, ' ', format_type(a.atttypid, a.atttypmod),
         CASE WHEN a.attcollation <> t.typcollation THEN concat(' COLLATE "', o.collname, '"') END,
         CASE WHEN a.attidentity = 'a' THEN ' GENERATED ALWAYS AS IDENTITY' END,
         CASE WHEN a.attnotnull THEN ' NOT NULL' END,
         ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)) AS text
       FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_collation o ON o.oid = a.attcollation
       LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
       WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
      [oid],
    );
    const constraints = await query<{ text: string }>(
      `SELECT concat('CONSTRAINT ', conname, ' ', pg_get_constraintdef(oid)) AS text
       FROM pg_constraint WHERE conrelid = $1 AND contype IN ('p', 'u', 'f', 'c') ORDER BY conname`,
      [oid],
    );
    const lines = [...columns, ...constraints].map(({ text }) => `  ${text}`);
    parts.push(`${head}${schema}.${name} (\n${lines.join(",\n")}\n)${tail};`);
  }
  const indexes = await list(
    `SELECT concat(pg_get_indexdef(i.indexrelid), ';') AS text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE c.relnamespace = $1::regnamespace
       AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u'))
     ORDER BY c.relname`,
  );
  const functions = await list(
    `SELECT concat(trim(pg_get_functiondef(p.oid)), ';') AS text FROM pg_proc p
     WHERE p.pronamespace = $1::regnamespace ORDER BY p.proname`,
  );
  const triggers = await list(
    `SELECT concat(pg_get_triggerdef(g.oid), ';') AS text FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
     WHERE c.relnamespace = $1::regnamespace AND NOT g.tgisinternal ORDER BY g.tgname`,
  );
  return `${[...parts, indexes.join("\n"), ...functions, triggers.join("\n")].join("\n\n")}\n`;
}
