import type { CronFilter, CronPort, CronRecord, CronTerms, CronTick } from "../core/ports.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { Database, Query } from "./database.ts";
import { lockThread, noSuchThread } from "./lock-thread.ts";

interface CronRow {
  cron_no: number;
  cron_id: string;
  owner: string | null;
  user_id: string | null;
  thread_id: string | null;
  assistant_id: string;
  schedule: string;
  timezone: string | null;
  end_time: number | null;
  enabled: boolean;
  on_run_completed: string;
  metadata: JsonObject;
  payload: string;
  start: string;
  next_at: number | null;
  ticked_at: number | null;
  version: number;
  created_at: number;
  updated_at: number;
}

const selectCrons = (s: string) =>
  `SELECT c.*, t.thread_id FROM ${s}.crons c LEFT JOIN ${s}.threads t USING (thread_no)`;

const sortColumns = {
  cron_id: "cron_id",
  assistant_id: "assistant_id",
  thread_id: "thread_id",
  created_at: "c.created_at",
  updated_at: "c.updated_at",
  next_run_date: "next_at",
} as const;

export function createCronPort(db: Database): CronPort {
  const { s } = db;
  return {
    ...createWrites(db),

    async find(cronId) {
      const [row] = await db.run<CronRow>(`${selectCrons(s)} WHERE cron_id = $1`, [cronId]);
      return row && toCron(row);
    },

    async search({ limit, offset, sortBy, sortOrder, ...filter }) {
      const { where, values, bind } = toCondition(filter);
      const order = `${sortColumns[sortBy]} ${sortOrder === "asc" ? "ASC" : "DESC"} NULLS LAST, cron_no DESC`;
      const rows = await db.run<CronRow>(
        `${selectCrons(s)} WHERE ${where} ORDER BY ${order} LIMIT ${bind(limit)} OFFSET ${bind(offset)}`,
        values,
      );
      return rows.map(toCron);
    },

    async count(filter) {
      const { where, values } = toCondition(filter);
      const [row] = await db.run<{ count: number }>(
        `SELECT count(*) FROM ${s}.crons c LEFT JOIN ${s}.threads t USING (thread_no) WHERE ${where}`,
        values,
      );
      return row?.count ?? 0;
    },

    async listDue(now, limit) {
      const rows = await db.run<CronRow>(
        `${selectCrons(s)} WHERE c.enabled AND c.next_at <= $1 ORDER BY c.next_at, c.cron_no LIMIT $2`,
        [now, limit],
      );
      return rows.map(toCron);
    },
  };
}

function createWrites(db: Database): Pick<CronPort, "create" | "update" | "pass" | "delete"> {
  const { s } = db;
  return {
    create: ({ cronId, owner, userId, threadId, assistantId, at, ...terms }) =>
      db.transaction(async (query) => {
        const thread = threadId === null ? undefined : await lockThread(query, s, threadId);
        if (threadId !== null && thread === undefined) throw noSuchThread(threadId);
        const [row] = await query<CronRow>(
          `INSERT INTO ${s}.crons (schedule, timezone, end_time, enabled, on_run_completed, metadata, payload, start,
             next_at, cron_id, owner, user_id, thread_no, assistant_id, created_at, updated_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15) RETURNING *`,
          [...toColumns(terms), cronId, owner, userId, thread?.thread_no ?? null, assistantId, at],
        );
        return toCron({ ...(row as CronRow), thread_id: threadId });
      }),

    update: ({ cronId, version }, changes, at) =>
      db.transaction(async (query) => {
        const [row] = await query<CronRow>(
          `${selectCrons(s)} WHERE cron_id = $1 AND version = $2 FOR UPDATE OF c`,
          [cronId, version],
        );
        if (row === undefined) return undefined;
        const [changed] = await query<CronRow>(
          `UPDATE ${s}.crons SET schedule = $1, timezone = $2, end_time = $3, enabled = $4, on_run_completed = $5,
             metadata = $6, payload = $7, start = $8, next_at = $9, version = version + 1, updated_at = $11
           WHERE cron_no = $10 RETURNING *`,
          [...toColumns({ ...toCron(row), ...changes }), row.cron_no, at],
        );
        return toCron({ ...(changed as CronRow), thread_id: row.thread_id });
      }),

    pass: (tick) => db.transaction(async (query) => (await passTick(query, s, tick)) !== "taken"),

    delete: (cronId) =>
      db.transaction(async (query) => {
        const rows = await query(`DELETE FROM ${s}.crons WHERE cron_id = $1 RETURNING 1`, [cronId]);
        return rows.length > 0;
      }),
  };
}

/**
 * For the transaction that accepts the run of a tick. `waiting` is the run of an earlier tick that has not begun.
 */
export async function passTick(
  query: Query,
  s: string,
  { cronId, version, tickedAt, nextAt }: CronTick,
): Promise<"taken" | { waiting: string | undefined }> {
  const [passed] = await query<{ last_run_id: string | null }>(
    `UPDATE ${s}.crons SET ticked_at = $3, next_at = $4, version = version + 1
     WHERE cron_id = $1 AND version = $2 RETURNING last_run_id`,
    [cronId, version, tickedAt, nextAt],
  );
  if (passed === undefined) return "taken";
  const [waiting] = await query<{ run_id: string }>(
    `SELECT run_id FROM ${s}.runs WHERE run_id = $1 AND status = 'pending'`,
    [passed.last_run_id],
  );
  return { waiting: waiting?.run_id };
}

export async function keepRunOfTick(
  query: Query,
  s: string,
  { cronId }: CronTick,
  runId: string,
): Promise<void> {
  await query(`UPDATE ${s}.crons SET last_run_id = $2 WHERE cron_id = $1`, [cronId, runId]);
}

function toCondition(filter: CronFilter) {
  const where = ["true"];
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  if (filter.assistantId !== undefined) where.push(`c.assistant_id = ${bind(filter.assistantId)}`);
  if (filter.threadId !== undefined) where.push(`t.thread_id = ${bind(filter.threadId)}`);
  if (filter.enabled !== undefined) where.push(`c.enabled = ${bind(filter.enabled)}`);
  if (filter.owner !== undefined) where.push(`(c.owner IS NULL OR c.owner = ${bind(filter.owner)})`);
  for (const [key, value] of Object.entries(filter.metadata ?? {})) {
    where.push(`c.metadata -> ${bind(key)}::text = ${bind(JSON.stringify(value))}::jsonb`);
  }
  return { where: where.join(" AND "), values, bind };
}

function toColumns(terms: CronTerms): unknown[] {
  const { schedule, timezone, endTime, enabled, onRunCompleted, metadata, payload, start, nextAt } = terms;
  const json = [metadata, payload, start].map((value) => JSON.stringify(value));
  return [schedule, timezone, endTime, enabled, onRunCompleted, ...json, nextAt];
}

function toCron(row: CronRow): CronRecord {
  return {
    cronId: row.cron_id,
    owner: row.owner,
    userId: row.user_id,
    threadId: row.thread_id,
    assistantId: row.assistant_id,
    schedule: row.schedule,
    timezone: row.timezone,
    endTime: row.end_time,
    enabled: row.enabled,
    onRunCompleted: row.on_run_completed as CronRecord["onRunCompleted"],
    metadata: row.metadata,
    payload: JSON.parse(row.payload) as JsonObject,
    start: JSON.parse(row.start) as JsonObject,
    nextAt: row.next_at,
    tickedAt: row.ticked_at,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
