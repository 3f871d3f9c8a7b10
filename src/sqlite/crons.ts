import type { CronFilter, CronPort, CronRecord, CronTerms, CronTick } from "../core/ports.ts";
import { CountersignError } from "../protocol/errors.ts";
import { canonicalJson, type JsonObject } from "../protocol/json.ts";
import type { Connection, Db } from "./connection.ts";

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
  enabled: number;
  on_run_completed: string;
  metadata: string;
  payload: string;
  start: string;
  next_at: number | null;
  ticked_at: number | null;
  version: number;
  created_at: number;
  updated_at: number;
}

const select = "SELECT c.*, t.thread_id FROM crons c LEFT JOIN threads t USING (thread_no)";

const sortColumns = {
  cron_id: "cron_id",
  assistant_id: "assistant_id",
  thread_id: "thread_id",
  created_at: "c.created_at",
  updated_at: "c.updated_at",
  next_run_date: "next_at",
} as const;

export function createCronPort({ db, write }: Connection): CronPort {
  const byId = db.prepare<[string], CronRow>(`${select} WHERE cron_id = ?`);
  const threadNo = db.prepare<[string], number>("SELECT thread_no FROM threads WHERE thread_id = ?").pluck();
  const insert = db.prepare(
    `INSERT INTO crons (cron_id, owner, user_id, thread_no, assistant_id, schedule, timezone, end_time, enabled,
       on_run_completed, metadata, payload, start, next_at, created_at, updated_at)
     VALUES (@cronId, @owner, @userId, @threadNo, @assistantId, @schedule, @timezone, @endTime, @enabled,
       @onRunCompleted, @metadata, @payload, @start, @nextAt, @at, @at)`,
  );
  const change = db.prepare(
    `UPDATE crons SET schedule = @schedule, timezone = @timezone, end_time = @endTime, enabled = @enabled,
       on_run_completed = @onRunCompleted, metadata = @metadata, payload = @payload, start = @start, next_at = @nextAt,
       version = version + 1, updated_at = @at
     WHERE cron_id = @cronId`,
  );
  const remove = db.prepare("DELETE FROM crons WHERE cron_id = ?");
  const due = db.prepare<[number, number], CronRow>(
    `${select} WHERE c.enabled = 1 AND c.next_at <= ? ORDER BY c.next_at, c.cron_no LIMIT ?`,
  );
  const ticks = createTicks(db);

  function must(cronId: string): CronRecord {
    const row = byId.get(cronId);
    if (row === undefined) throw new Error(`cron ${cronId} vanished inside a transaction`);
    return toCron(row);
  }

  return {
    async create({ cronId, owner, userId, threadId, assistantId, at, ...terms }) {
      return write(() => {
        const thread = threadId === null ? null : threadNo.get(threadId);
        if (thread === undefined) {
          throw new CountersignError("no_such_thread", `There is no thread ${threadId}. Create it first.`);
        }
        const own = { cronId, owner, userId, threadNo: thread, assistantId, at };
        insert.run({ ...own, ...toColumns(terms) });
        return must(cronId);
      });
    },

    async find(cronId) {
      const row = byId.get(cronId);
      return row && toCron(row);
    },

    async update({ cronId, version }, changes, at) {
      return write(() => {
        const row = byId.get(cronId);
        if (row === undefined || row.version !== version) return undefined;
        change.run({ ...toColumns({ ...toCron(row), ...changes }), cronId, at });
        return must(cronId);
      });
    },

    async pass(tick) {
      return write(() => ticks.pass(tick) !== "taken");
    },

    async delete(cronId) {
      return write(() => remove.run(cronId).changes > 0);
    },

    async search({ limit, offset, sortBy, sortOrder, ...filter }) {
      const { where, values } = toCondition(filter);
      const order = `${sortColumns[sortBy]} ${sortOrder === "asc" ? "ASC" : "DESC"} NULLS LAST, cron_no DESC`;
      return db
        .prepare<unknown[], CronRow>(`${select} WHERE ${where} ORDER BY ${order} LIMIT ? OFFSET ?`)
        .all(...values, limit, offset)
        .map(toCron);
    },

    async count(filter) {
      const { where, values } = toCondition(filter);
      const count = db.prepare<unknown[], number>(
        `SELECT count(*) FROM crons c LEFT JOIN threads t USING (thread_no) WHERE ${where}`,
      );
      return count.pluck().get(...values) ?? 0;
    },

    listDue: async (now, limit) => due.all(now, limit).map(toCron),
  };
}

/** For the transaction that accepts the run of a tick. */
export function createTicks(db: Db) {
  const pass = db.prepare<[CronTick], { last_run_id: string | null }>(
    `UPDATE crons SET ticked_at = @tickedAt, next_at = @nextAt, version = version + 1
     WHERE cron_id = @cronId AND version = @version RETURNING last_run_id`,
  );
  const isPending = db.prepare<[string]>("SELECT 1 FROM runs WHERE run_id = ? AND status = 'pending'");
  const keepRun = db.prepare("UPDATE crons SET last_run_id = ? WHERE cron_id = ?");
  return {
    /** `waiting` is the run of an earlier tick that has not begun. */
    pass(tick: CronTick): "taken" | { waiting: string | undefined } {
      const passed = pass.get(tick);
      if (passed === undefined) return "taken";
      const { last_run_id: last } = passed;
      return { waiting: last !== null && isPending.get(last) !== undefined ? last : undefined };
    },
    keepRun({ cronId }: CronTick, runId: string): void {
      keepRun.run(runId, cronId);
    },
  };
}

function toCondition(filter: CronFilter): { where: string; values: unknown[] } {
  const where = ["true"];
  const values: unknown[] = [];
  const and = (condition: string, ...bound: unknown[]) => {
    where.push(condition);
    values.push(...bound);
  };
  if (filter.assistantId !== undefined) and("c.assistant_id = ?", filter.assistantId);
  if (filter.threadId !== undefined) and("t.thread_id = ?", filter.threadId);
  if (filter.enabled !== undefined) and("c.enabled = ?", filter.enabled ? 1 : 0);
  if (filter.owner !== undefined) and("(c.owner IS NULL OR c.owner = ?)", filter.owner);
  for (const [key, value] of Object.entries(filter.metadata ?? {})) {
    and("canonical_member(c.metadata, ?) = ?", key, canonicalJson(value));
  }
  return { where: where.join(" AND "), values };
}

function toColumns({ metadata, payload, start, enabled, ...terms }: CronTerms) {
  const { schedule, timezone, endTime, onRunCompleted, nextAt } = terms;
  return {
    ...{ schedule, timezone, endTime, onRunCompleted, nextAt },
    enabled: enabled ? 1 : 0,
    metadata: JSON.stringify(metadata),
    payload: JSON.stringify(payload),
    start: JSON.stringify(start),
  };
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
    enabled: row.enabled === 1,
    onRunCompleted: row.on_run_completed as CronRecord["onRunCompleted"],
    metadata: JSON.parse(row.metadata) as JsonObject,
    payload: JSON.parse(row.payload) as JsonObject,
    start: JSON.parse(row.start) as JsonObject,
    nextAt: row.next_at,
    tickedAt: row.ticked_at,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
