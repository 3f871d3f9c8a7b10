import type { EffectPort, EffectRecord, EffectStatus } from "../core/ports.ts";
import type { Connection } from "./connection.ts";
import { createFence, createNoteActed } from "./record-facts.ts";

interface EffectRow {
  key: string;
  run_id: string;
  attempt: number;
  namespace: string;
  idempotent: number;
  about: string;
  status: EffectStatus;
  result: string;
  started_at: number;
  ended_at: number | null;
}

type ListedRow = Omit<EffectRow, "result">;

const listed = `SELECT e.key, e.attempt, e.namespace, e.idempotent, e.about, e.status, e.started_at, e.ended_at, r.run_id
  FROM effects e JOIN runs r USING (run_no)`;

const select = "SELECT e.*, r.run_id FROM effects e JOIN runs r USING (run_no)";

export function createEffectPort({ db, write }: Connection): EffectPort {
  const byKey = db.prepare<[number, string], EffectRow>(`${select} WHERE e.thread_no = ? AND e.key = ?`);
  const begin = db.prepare(
    `INSERT INTO effects (thread_no, key, run_no, attempt, namespace, idempotent, about, status, started_at)
     VALUES (@threadNo, @key, @runNo, @attempt, @namespace, @idempotent, @about, 'started', @at)
     ON CONFLICT DO UPDATE SET status = 'started', run_no = excluded.run_no, attempt = excluded.attempt,
       namespace = excluded.namespace, idempotent = excluded.idempotent, about = excluded.about,
       started_at = excluded.started_at, result = 'null', ended_at = NULL`,
  );
  const end = db.prepare(
    `UPDATE effects SET status = @status, result = @result, ended_at = @at
     WHERE key = @key AND attempt = @attempt
       AND (status IN ('started', 'in_doubt') OR status <> 'finished' AND @status = 'finished')
       AND thread_no = (SELECT thread_no FROM threads WHERE thread_id = @threadId)
       AND run_no = (SELECT run_no FROM runs WHERE run_id = @runId)`,
  );
  const unsettled = db.prepare<[string], EffectRow>(
    `${select} WHERE e.thread_no = (SELECT thread_no FROM threads WHERE thread_id = ?)
       AND e.status IN ('started', 'in_doubt') AND e.idempotent = 0
     ORDER BY e.started_at, e.key`,
  );
  const byKeys = db.prepare<[string, string], EffectRow>(
    `${select} WHERE e.thread_no = (SELECT thread_no FROM threads WHERE thread_id = ?)
       AND e.key IN (SELECT value FROM json_each(?))
     ORDER BY e.started_at, e.key`,
  );
  const page = db.prepare<[string, number, number], ListedRow>(
    `${listed} WHERE e.thread_no = (SELECT thread_no FROM threads WHERE thread_id = ?)
     ORDER BY e.started_at, e.key LIMIT ? OFFSET ?`,
  );
  const ofRun = db.prepare<[string, string], EffectRow>(
    `${select} WHERE e.thread_no = (SELECT thread_no FROM threads WHERE thread_id = ?) AND r.run_id = ?
     ORDER BY e.started_at, e.key`,
  );
  const fence = createFence(db);
  const noteActed = createNoteActed(db);
  return {
    async start(lease, effect) {
      return write(() => {
        const { threadNo, runNo } = fence(lease, effect.at);
        const row = byKey.get(threadNo, effect.key);
        if (row !== undefined && !mayStart(row.status, effect.idempotent)) return toEffect(row);
        begin.run({
          ...effect,
          threadNo,
          runNo,
          attempt: lease.attempt,
          idempotent: effect.idempotent ? 1 : 0,
          about: JSON.stringify(effect.about),
        });
        noteActed(runNo);
        return undefined;
      });
    },
    async end({ threadId, runId, attempt }, key, { status, result, at }) {
      write(() => end.run({ threadId, runId, attempt, key, status, result: JSON.stringify(result), at }));
    },
    listUnsettled: async (threadId) => unsettled.all(threadId).map(toEffect),
    find: async (threadId, keys) => byKeys.all(threadId, JSON.stringify(keys)).map(toEffect),
    list: async (threadId, { limit, offset }) => page.all(threadId, limit, offset).map(toListed),
    listOfRun: async (threadId, runId) => ofRun.all(threadId, runId).map(toEffect),
  };
}

function mayStart(status: EffectStatus, idempotent: boolean): boolean {
  return status === "failed" || (idempotent && (status === "started" || status === "in_doubt"));
}

function toEffect(row: EffectRow): EffectRecord {
  return { ...toListed(row), result: JSON.parse(row.result) };
}

function toListed(row: ListedRow): Omit<EffectRecord, "result"> {
  return {
    key: row.key,
    runId: row.run_id,
    attempt: row.attempt,
    namespace: row.namespace,
    idempotent: row.idempotent === 1,
    about: JSON.parse(row.about),
    status: row.status,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  };
}
