import type { CopyThread, EventRecord, ThreadRecord } from "../core/ports.ts";
import { CountersignError } from "../protocol/errors.ts";
import { createAppendEvents } from "./append-events.ts";
import type { Connection } from "./connection.ts";
import { createInsertRun } from "./insert-run.ts";
import { type InterruptRow, selectInterrupts, type ThreadRow, toInterrupt, toThread } from "./rows.ts";
import { createRefreshStatus } from "./thread-status.ts";

export function createCopyThread({ db, write }: Connection) {
  const byId = db.prepare<[string], ThreadRow>("SELECT * FROM threads WHERE thread_id = ?");
  const isBusy = db.prepare<[{ from: number }]>(
    `SELECT 1 FROM runs WHERE thread_no = @from AND (status = 'running' OR (status = 'pending' AND kind = 'resume'))
     UNION ALL SELECT 1 FROM interrupts WHERE thread_no = @from AND status = 'open' AND source = 'effect'
     UNION ALL SELECT 1 FROM effects WHERE thread_no = @from AND status IN ('started', 'in_doubt')`,
  );
  const insert = db.prepare(
    `INSERT INTO threads (thread_id, owner, created_at, updated_at, state_updated_at, metadata, config, ttl_ms)
     SELECT @threadId, @owner, @at, @at, @at, @metadata, config, ttl_ms FROM threads WHERE thread_no = @from`,
  );
  const state = [
    "INSERT INTO contents (thread_no, hash, bytes) SELECT @to, hash, bytes FROM contents WHERE thread_no = @from",
    `INSERT INTO checkpoints (thread_no, checkpoint_ns, checkpoint_id, parent_id, metadata, body)
     SELECT @to, checkpoint_ns, checkpoint_id, parent_id, metadata, body FROM checkpoints WHERE thread_no = @from
     ORDER BY checkpoint_no`,
    `INSERT INTO writes (thread_no, checkpoint_ns, checkpoint_id, task_id, idx, task_path, channel, hash)
     SELECT @to, checkpoint_ns, checkpoint_id, task_id, idx, task_path, channel, hash FROM writes WHERE thread_no = @from`,
  ].map((sql) => db.prepare(sql));
  const open = db.prepare<[number], InterruptRow>(
    `${selectInterrupts} WHERE i.thread_no = ? AND i.status = 'open' ORDER BY i.interrupt_no`,
  );
  const hasEffects = db.prepare<[number]>("SELECT 1 FROM effects WHERE thread_no = ?");
  const ofRun = [
    `INSERT INTO interrupts (thread_no, interrupt_id, owner, source, assignees, expires_at, on_expiry, run_no, graph_id,
       task_id, namespace, value, response_schema, digest, status, opened_at)
     SELECT @to, interrupt_id, @owner, source, assignees, expires_at, on_expiry, @runNo, graph_id, task_id, namespace,
       value, response_schema, digest, status, @at
     FROM interrupts WHERE thread_no = @from AND status = 'open' ORDER BY interrupt_no`,
    `INSERT INTO effects (thread_no, key, run_no, attempt, namespace, idempotent, about, status, result, started_at, ended_at)
     SELECT @to, key, @runNo, 0, namespace, idempotent, about, status, result, started_at, ended_at
     FROM effects WHERE thread_no = @from`,
  ].map((sql) => db.prepare(sql));
  const endRun = db.prepare("UPDATE runs SET status = 'success' WHERE run_no = ?");
  const insertRun = createInsertRun(db);
  const append = createAppendEvents(db);
  const refreshStatus = createRefreshStatus(db);

  return (sourceId: string, copy: CopyThread): { thread: ThreadRecord; events: EventRecord[] } | undefined =>
    write(() => {
      const { threadId, owner, metadata, at } = copy;
      const source = byId.get(sourceId);
      if (source === undefined) return undefined;
      const from = source.thread_no;
      if (isBusy.get({ from }) !== undefined) throw busy(sourceId);
      insert.run({ threadId, owner, at, metadata: JSON.stringify(metadata), from });
      const { thread_no: to } = byId.get(threadId) as ThreadRow;
      for (const statement of state) statement.run({ from, to });
      const questions = open.all(from).map(toInterrupt);
      if (questions.length > 0 || hasEffects.get(from) !== undefined) {
        const { runNo } = insertRun(to, copy.run, undefined);
        endRun.run(runNo);
        const [interrupts, effects] = ofRun;
        interrupts?.run({ from, to, owner, runNo, at });
        effects?.run({ from, to, runNo });
      }
      const asked = questions.map((one) => ({ ...copy.requested(one), runId: null }));
      const events = append(to, null, [...copy.events, ...asked]);
      refreshStatus(to, at);
      return { thread: toThread(byId.get(threadId) as ThreadRow), events };
    });
}

function busy(threadId: string): CountersignError {
  return new CountersignError(
    "state_busy",
    `Thread ${threadId} is in the middle of a run, or of an effect that is in doubt. Wait for it, then copy the thread.`,
  );
}
