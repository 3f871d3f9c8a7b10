import type { EventRecord, NewEvent } from "../core/ports.ts";
import type { Db } from "./connection.ts";

/**
 * Appends events to a thread's log inside the caller's transaction. The thread's row is the lock under
 * which `seq` is given, so commit order is seq order.
 */
export function createAppendEvents(db: Db) {
  const takeSeqs = db.prepare<[number, number], { last_seq: number }>(
    "UPDATE threads SET last_seq = last_seq + ? WHERE thread_no = ? RETURNING last_seq",
  );
  const insert = db.prepare(
    `INSERT INTO events (thread_no, seq, run_no, method, namespace, node, custom_name, at, fold_key, is_ref, data)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );

  return (threadNo: number, runNo: number | null, events: NewEvent[]): EventRecord[] => {
    if (events.length === 0) return [];
    const last = takeSeqs.get(events.length, threadNo);
    if (last === undefined) throw new Error(`no thread ${threadNo} to append to`);
    const first = last.last_seq - events.length + 1;
    return events.map((event, index) => {
      const seq = first + index;
      insert.run(
        threadNo,
        seq,
        event.runId === null ? null : runNo,
        event.method,
        event.namespace.length === 0 ? "[]" : JSON.stringify(event.namespace),
        event.node ?? null,
        event.customName ?? null,
        event.at,
        event.foldKey ?? null,
        event.isRef ? 1 : 0,
        event.data,
      );
      return { ...event, seq };
    });
  };
}
