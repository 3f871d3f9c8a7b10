import type {
  AssistantFilter,
  AssistantPort,
  AssistantRecord,
  AssistantTerms,
  AssistantVersion,
} from "../core/ports.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { Database, Query } from "./database.ts";

interface TermsRow {
  assistant_id: string;
  version: number;
  graph_id: string;
  name: string;
  description: string | null;
  config: string;
  context: string;
  metadata: JsonObject;
  created_at: number;
}

interface AssistantRow extends TermsRow {
  assistant_no: number;
  owner: string | null;
  is_system: boolean;
  updated_at: number;
}

export function createAssistantPort(db: Database): AssistantPort {
  const { s } = db;
  return {
    ...createWrites(db),

    async find(assistantId) {
      const [row] = await db.run<AssistantRow>(`SELECT * FROM ${s}.assistants WHERE assistant_id = $1`, [
        assistantId,
      ]);
      return row && toAssistant(row);
    },

    async search({ limit, offset, sortBy, sortOrder, ...filter }) {
      const { where, values, bind } = toCondition(filter);
      const order = `${sortBy} ${sortOrder === "asc" ? "ASC" : "DESC"}, assistant_no DESC`;
      const rows = await db.run<AssistantRow>(
        `SELECT * FROM ${s}.assistants WHERE ${where} ORDER BY ${order} LIMIT ${bind(limit)} OFFSET ${bind(offset)}`,
        values,
      );
      return rows.map(toAssistant);
    },

    async count(filter) {
      const { where, values } = toCondition(filter);
      const [row] = await db.run<{ count: number }>(
        `SELECT count(*) FROM ${s}.assistants WHERE ${where}`,
        values,
      );
      return row?.count ?? 0;
    },

    async versions(assistantId, { metadata, limit, offset }) {
      const { where, values, bind } = toCondition({ ...(metadata ? { metadata } : {}) }, "v.");
      const rows = await db.run<TermsRow>(
        `SELECT v.*, a.assistant_id FROM ${s}.assistant_versions v JOIN ${s}.assistants a USING (assistant_no)
         WHERE ${where} AND a.assistant_id = ${bind(assistantId)}
         ORDER BY v.version DESC LIMIT ${bind(limit)} OFFSET ${bind(offset)}`,
        values,
      );
      return rows.map(toVersion);
    },
  };
}

function createWrites(db: Database): Pick<AssistantPort, "create" | "update" | "setVersion" | "delete"> {
  const { s } = db;
  const lock = async (query: Query, assistantId: string) => {
    const [row] = await query<AssistantRow>(
      `SELECT * FROM ${s}.assistants WHERE assistant_id = $1 FOR UPDATE`,
      [assistantId],
    );
    return row;
  };
  return {
    create: ({ assistantId, owner, isSystem, at, ...terms }) =>
      db.transaction(async (query) => {
        const [created] = await query<AssistantRow>(
          `INSERT INTO ${s}.assistants (assistant_id, owner, is_system, version, graph_id, name, description, config,
             context, metadata, created_at, updated_at)
           VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8, $9, $10, $10) ON CONFLICT (assistant_id) DO NOTHING RETURNING *`,
          [assistantId, owner, isSystem, ...toColumns(terms), at],
        );
        const row = created ?? (await lock(query, assistantId));
        // Deleted between the two statements: the lock was waited for in vain.
        if (row === undefined) throw new Error(`Assistant ${assistantId} vanished. Create it again.`);
        if (created) await addVersion(query, s, row, { terms, version: 1, at });
        return { assistant: toAssistant(row), created: created !== undefined };
      }),

    update: (assistantId, changes, at) =>
      db.transaction(async (query) => {
        const row = await lock(query, assistantId);
        if (row === undefined) return undefined;
        const now = toTerms(row);
        const terms = { ...now, ...changes, metadata: { ...now.metadata, ...changes.metadata } };
        const [last] = await query<{ version: number }>(
          `SELECT max(version) AS version FROM ${s}.assistant_versions WHERE assistant_no = $1`,
          [row.assistant_no],
        );
        const version = (last?.version ?? 0) + 1;
        await addVersion(query, s, row, { terms, version, at });
        return moveTo(query, s, row, { version, at });
      }),

    setVersion: (assistantId, version, at) =>
      db.transaction(async (query) => {
        const row = await lock(query, assistantId);
        return row && moveTo(query, s, row, { version, at });
      }),

    delete: (assistantId) =>
      db.transaction(async (query) => {
        const rows = await query(`DELETE FROM ${s}.assistants WHERE assistant_id = $1 RETURNING 1`, [
          assistantId,
        ]);
        return rows.length > 0;
      }),
  };
}

async function addVersion(
  query: Query,
  s: string,
  { assistant_no: assistantNo }: AssistantRow,
  { terms, version, at }: { terms: AssistantTerms; version: number; at: number },
): Promise<void> {
  await query(
    `INSERT INTO ${s}.assistant_versions (assistant_no, version, graph_id, name, description, config, context, metadata,
       created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [assistantNo, version, ...toColumns(terms), at],
  );
}

async function moveTo(
  query: Query,
  s: string,
  { assistant_no: assistantNo }: AssistantRow,
  { version, at }: { version: number; at: number },
): Promise<AssistantRecord | undefined> {
  const [row] = await query<AssistantRow>(
    `UPDATE ${s}.assistants a SET version = v.version, graph_id = v.graph_id, name = v.name,
       description = v.description, config = v.config, context = v.context, metadata = v.metadata, updated_at = $3
     FROM ${s}.assistant_versions v
     WHERE a.assistant_no = $1 AND v.assistant_no = a.assistant_no AND v.version = $2
     RETURNING a.*`,
    [assistantNo, version, at],
  );
  return row && toAssistant(row);
}

function toCondition(filter: AssistantFilter, table = "") {
  const where = ["true"];
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  if (filter.graphId !== undefined) where.push(`graph_id = ${bind(filter.graphId)}`);
  if (filter.name !== undefined) where.push(`strpos(lower(name), lower(${bind(filter.name)})) > 0`);
  if (filter.owner !== undefined) where.push(`(owner IS NULL OR owner = ${bind(filter.owner)})`);
  for (const [key, value] of Object.entries(filter.metadata ?? {})) {
    where.push(`${table}metadata -> ${bind(key)}::text = ${bind(JSON.stringify(value))}::jsonb`);
  }
  return { where: where.join(" AND "), values, bind };
}

function toColumns({ graphId, name, description, config, context, metadata }: AssistantTerms): unknown[] {
  const texts = [config, context, metadata].map((value) => JSON.stringify(value));
  return [graphId, name, description, ...texts];
}

function toTerms(row: TermsRow): AssistantTerms {
  return {
    graphId: row.graph_id,
    name: row.name,
    description: row.description,
    config: JSON.parse(row.config) as JsonObject,
    context: JSON.parse(row.context) as JsonObject,
    metadata: row.metadata,
  };
}

function toVersion(row: TermsRow): AssistantVersion {
  const { assistant_id: assistantId, version, created_at: createdAt } = row;
  return { assistantId, version, ...toTerms(row), createdAt };
}

function toAssistant(row: AssistantRow): AssistantRecord {
  const { owner, is_system: isSystem, updated_at: updatedAt } = row;
  return { ...toVersion(row), owner, isSystem, updatedAt };
}
