import type { EffectPort, EffectStatus } from "../core/ports.ts";
import type { Connection } from "./connection.ts";
import { createFence } from "./record-facts.ts";

interface EffectRow {
  key: string;
  status: EffectStatus;
  result: string;
  started_at: number;
}

export function createEffectPort({ db, write }: Connection): EffectPort {
  const byKey = db.prepare<[number, string], EffectRow>(
    "SELECT key, status, result, started_at FROM effects WHERE thread_no = ? AND key = ?",
  );
  const begin = db.prepare(
    `INSERT INTO effects (thread_no, key, run_no, status, started_at) VALUES (?, ?, ?, 'started', ?)
     ON CONFLICT DO UPDATE SET status = 'started', run_no = excluded.run_no, started_at = excluded.started_at,
       result = 'null', ended_at = NULL`,
  );
  const end = db.prepare(
    `UPDATE effects SET status = ?, result = ?, ended_at = ?
     WHERE thread_no = (SELECT thread_no FROM threads WHERE thread_id = ?) AND key = ?`,
  );
  const fence = createFence(db);
  return {
    async start(lease, key, at) {
      return write(() => {
        const { threadNo, runNo } = fence(lease, at);
        const row = byKey.get(threadNo, key);
        if (row !== undefined && row.status !== "failed") {
          return { key, status: row.status, result: JSON.parse(row.result), startedAt: row.started_at };
        }
        begin.run(threadNo, key, runNo, at);
        return undefined;
      });
    },
    async end(threadId, key, { status, result, at }) {
      write(() => end.run(status, JSON.stringify(result), at, threadId, key));
    },
  };
}
