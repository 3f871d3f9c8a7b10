import type { CopyThread, EventRecord, ThreadRecord } from "../core/ports.ts";
import { CountersignError } from "../protocol/errors.ts";
import { createAppendEvents } from "./append-events.ts";
import type { Connection } from "./connection.ts";
import { createInsertRun } from "./insert-run.ts";
import { type InterruptRow, selectInterrupts, type ThreadRow, toInterrupt, toThread } from "./rows.ts";
import { createRefreshStatus } from "./thread-status.ts";

/** Each checkpoint of a thread, and its copy. */
const copies = `(SELECT checkpoint_no, checkpoint_ns, checkpoint_id FROM checkpoints WHERE thread_no = @from) o
  JOIN checkpoints n ON n.thread_no = @to AND n.checkpoint_ns = o.checkpoint_ns AND n.checkpoint_id = o.checkpoint_id`;

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
    `INSERT INTO packed_contents (thread_no, hash, pack_no, start, length)
     SELECT @to, p.hash, m.value, p.start, p.length
     FROM json_each(@packs) m JOIN packed_contents p ON p.pack_no = CAST(m.key AS INTEGER)
     WHERE p.thread_no = @from`,
    `INSERT INTO checkpoints (thread_no, checkpoint_ns, checkpoint_id, parent_id, metadata)
     SELECT @to, checkpoint_ns, checkpoint_id, parent_id, metadata FROM checkpoints WHERE thread_no = @from
     ORDER BY checkpoint_no`,
    `INSERT INTO checkpoint_bodies (thread_no, checkpoint_no, body)
     SELECT @to, n.checkpoint_no, b.body FROM ${copies} JOIN checkpoint_bodies b
       ON b.thread_no = @from AND b.checkpoint_no = o.checkpoint_no`,
    `INSERT INTO packed_bodies (thread_no, checkpoint_no, pack_no, start, length)
     SELECT @to, n.checkpoint_no, m.value, p.start, p.length FROM ${copies} JOIN packed_bodies p
       ON p.thread_no = @from AND p.checkpoint_no = o.checkpoint_no
     JOIN json_each(@packs) m ON CAST(m.key AS INTEGER) = p.pack_no`,
    `INSERT INTO writes (thread_no, checkpoint_ns, checkpoint_id, task_id, idx, task_path, channel, hash)
     SELECT @to, checkpoint_ns, checkpoint_id, task_id, idx, task_path, channel, hash FROM writes WHERE thread_no = @from`,
  ].map((sql) => db.prepare(sql));
  const packsOf = db.prepare<[number], number>("SELECT pack_no FROM packs WHERE thread_no = ?").pluck();
  const copyPack = db.prepare<[number, number]>(
    "INSERT INTO packs (thread_no, size, bytes) SELECT ?, size, bytes FROM packs WHERE pack_no = ?",
  );
  const open = db.prepare<[number], InterruptRow>(
    `${selectInterrupts} WHERE i.thread_no = ? AND i.status = 'open' ORDER BY i.interrupt_no`,
  );
  const hasEffects = db.prepare<[number]>("SELECT 1 FROM effects WHERE thread_no = ?");
  const ofRun = [
    `INSERT INTO interrupts (thread_no, interrupt_id, engine_id, owner, source, assignees, expires_at, on_expiry, run_no,
       graph_id, task_id, namespace, value, response_schema, digest, status, opened_at)
     SELECT @to, interrupt_id, engine_id, @owner, source, assignees, expires_at, on_expiry, @runNo, graph_id, task_id, namespace,
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
      const copied = packsOf.all(from).map((packNo) => [packNo, copyPack.run(to, packNo).lastInsertRowid]);
      const packs = JSON.stringify(Object.fromEntries(copied));
      for (const statement of state) statement.run({ from, to, packs });
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
