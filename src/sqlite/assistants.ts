import type {
  AssistantFilter,
  AssistantPort,
  AssistantRecord,
  AssistantTerms,
  AssistantVersion,
} from "../core/ports.ts";
import { canonicalJson, type JsonObject } from "../protocol/json.ts";
import type { Connection } from "./connection.ts";

interface TermsRow {
  assistant_id: string;
  version: number;
  graph_id: string;
  name: string;
  description: string | null;
  config: string;
  context: string;
  metadata: string;
  created_at: number;
}

interface AssistantRow extends TermsRow {
  assistant_no: number;
  owner: string | null;
  is_system: number;
  updated_at: number;
}

export function createAssistantPort({ db, write }: Connection): AssistantPort {
  const byId = db.prepare<[string], AssistantRow>("SELECT * FROM assistants WHERE assistant_id = ?");
  const insert = db.prepare(
    `INSERT INTO assistants (assistant_id, owner, is_system, version, graph_id, name, description, config, context,
       metadata, created_at, updated_at)
     VALUES (@assistantId, @owner, @isSystem, 1, @graphId, @name, @description, @config, @context, @metadata, @at, @at)
     ON CONFLICT (assistant_id) DO NOTHING`,
  );
  const insertVersion = db.prepare(
    `INSERT INTO assistant_versions (assistant_no, version, graph_id, name, description, config, context, metadata, created_at)
     VALUES (@assistantNo, @version, @graphId, @name, @description, @config, @context, @metadata, @at)`,
  );
  const lastVersion = db
    .prepare<[number], number>("SELECT max(version) FROM assistant_versions WHERE assistant_no = ?")
    .pluck();
  const move = db.prepare(
    `UPDATE assistants AS a SET version = v.version, graph_id = v.graph_id, name = v.name, description = v.description,
       config = v.config, context = v.context, metadata = v.metadata, updated_at = @at
     FROM assistant_versions v
     WHERE a.assistant_id = @assistantId AND v.assistant_no = a.assistant_no AND v.version = @version`,
  );
  const remove = db.prepare("DELETE FROM assistants WHERE assistant_id = ?");

  function addVersion(assistantNo: number, version: number, terms: AssistantTerms, at: number): void {
    insertVersion.run({ assistantNo, version, ...toColumns(terms), at });
  }

  function moveTo(assistantId: string, version: number, at: number): AssistantRecord | undefined {
    if (move.run({ assistantId, version, at }).changes === 0) return undefined;
    return toAssistant(byId.get(assistantId) as AssistantRow);
  }

  return {
    async create({ assistantId, owner, isSystem, at, ...terms }) {
      return write(() => {
        const columns = { assistantId, owner, isSystem: isSystem ? 1 : 0, ...toColumns(terms), at };
        const created = insert.run(columns).changes > 0;
        const row = byId.get(assistantId) as AssistantRow;
        if (created) addVersion(row.assistant_no, 1, terms, at);
        return { assistant: toAssistant(row), created };
      });
    },

    async find(assistantId) {
      const row = byId.get(assistantId);
      return row && toAssistant(row);
    },

    async update(assistantId, changes, at) {
      return write(() => {
        const row = byId.get(assistantId);
        if (row === undefined) return undefined;
        const now = toTerms(row);
        const metadata = { ...now.metadata, ...changes.metadata };
        const version = (lastVersion.get(row.assistant_no) ?? 0) + 1;
        addVersion(row.assistant_no, version, { ...now, ...changes, metadata }, at);
        return moveTo(assistantId, version, at);
      });
    },

    async setVersion(assistantId, version, at) {
      return write(() => moveTo(assistantId, version, at));
    },

    async delete(assistantId) {
      return write(() => remove.run(assistantId).changes > 0);
    },

    async search({ limit, offset, sortBy, sortOrder, ...filter }) {
      const { where, values } = toCondition(filter);
      const order = `${sortBy} ${sortOrder === "asc" ? "ASC" : "DESC"}, assistant_no DESC`;
      return db
        .prepare<unknown[], AssistantRow>(
          `SELECT * FROM assistants WHERE ${where} ORDER BY ${order} LIMIT ? OFFSET ?`,
        )
        .all(...values, limit, offset)
        .map(toAssistant);
    },

    async count(filter) {
      const { where, values } = toCondition(filter);
      const count = db.prepare<unknown[], number>(`SELECT count(*) FROM assistants WHERE ${where}`).pluck();
      return count.get(...values) ?? 0;
    },

    async versions(assistantId, { metadata, limit, offset }) {
      const { where, values } = toCondition({ ...(metadata ? { metadata } : {}) }, "v.");
      return db
        .prepare<unknown[], TermsRow>(
          `SELECT v.*, a.assistant_id FROM assistant_versions v JOIN assistants a USING (assistant_no)
           WHERE a.assistant_id = ? AND ${where} ORDER BY v.version DESC LIMIT ? OFFSET ?`,
        )
        .all(assistantId, ...values, limit, offset)
        .map(toVersion);
    },
  };
}

function toCondition(filter: AssistantFilter, table = ""): { where: string; values: unknown[] } {
  const where = ["true"];
  const values: unknown[] = [];
  const and = (condition: string, ...bound: unknown[]) => {
    where.push(condition);
    values.push(...bound);
  };
  if (filter.graphId !== undefined) and("graph_id = ?", filter.graphId);
  if (filter.name !== undefined) and("instr(lower(name), lower(?)) > 0", filter.name);
  if (filter.owner !== undefined) and("(owner IS NULL OR owner = ?)", filter.owner);
  for (const [key, value] of Object.entries(filter.metadata ?? {})) {
    and(`canonical_member(${table}metadata, ?) = ?`, key, canonicalJson(value));
  }
  return { where: where.join(" AND "), values };
}

function toColumns({ graphId, name, description, config, context, metadata }: AssistantTerms) {
  return {
    graphId,
    name,
    description,
    config: JSON.stringify(config),
    context: JSON.stringify(context),
    metadata: JSON.stringify(metadata),
  };
}

function toTerms(row: TermsRow): AssistantTerms {
  return {
    graphId: row.graph_id,
    name: row.name,
    description: row.description,
    config: JSON.parse(row.config) as JsonObject,
    context: JSON.parse(row.context) as JsonObject,
    metadata: JSON.parse(row.metadata) as JsonObject,
  };
}

function toVersion(row: TermsRow): AssistantVersion {
  const { assistant_id: assistantId, version, created_at: createdAt } = row;
  return { assistantId, version, ...toTerms(row), createdAt };
}

function toAssistant(row: AssistantRow): AssistantRecord {
  const { owner, updated_at: updatedAt } = row;
  return { ...toVersion(row), owner, isSystem: row.is_system === 1, updatedAt };
}
