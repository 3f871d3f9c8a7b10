import type { EventRecord, NewEvent } from "../core/ports.ts";
import { hasNotCrashed, ServerCrashedError } from "./crash.ts";
import type { Query } from "./database.ts";

/** The columns of events as arrays, to be unnested: one statement however many there are. */
export const eventColumns = (first: number) =>
  ["text[]", "text[]", "text[]", "text[]", "bigint[]", "text[]", "boolean[]", "text[]", "boolean[]"]
    .map((type, index) => `$${first + index}::${type}`)
    .join(", ");

export function toEventColumns(events: NewEvent[]): unknown[] {
  return [
    events.map(({ method }) => method),
    events.map(({ namespace }) => (namespace.length === 0 ? "[]" : JSON.stringify(namespace))),
    events.map(({ node }) => node ?? null),
    events.map(({ customName }) => customName ?? null),
    events.map(({ at }) => at),
    events.map(({ foldKey }) => foldKey ?? null),
    events.map(({ isRef }) => isRef === true),
    events.map(({ data }) => data),
    events.map(({ runId }) => runId !== null),
  ];
}

/** `INSERT` of unnested events, from `thread (thread_no, seq_before)`. */
export const insertEvents = (s: string, { runNo, columns }: { runNo: string; columns: string }) => `
  INSERT INTO ${s}.events
    (thread_no, seq, run_no, method, namespace, node, custom_name, at, fold_key, is_ref, data)
  SELECT thread.thread_no, thread.seq_before + e.place, CASE WHEN e.is_of_run THEN ${runNo} END,
    e.method, e.namespace, e.node, e.custom_name, e.at, e.fold_key, e.is_ref, e.data
  FROM thread, unnest(${columns}) WITH ORDINALITY
    AS e (method, namespace, node, custom_name, at, fold_key, is_ref, data, is_of_run, place)`;

export function toRecords(events: NewEvent[], lastSeq: number): EventRecord[] {
  const before = lastSeq - events.length;
  return events.map((event, index) => ({ ...event, seq: before + index + 1 }));
}

/**
 * Appends events to a thread's log inside the caller's transaction. The thread's row is the lock under which
 * `seq` is given, so commit order is seq order.
 */
export async function appendEvents(
  query: Query,
  s: string,
  { threadNo, runNo }: { threadNo: number; runNo: number | null },
  events: NewEvent[],
): Promise<EventRecord[]> {
  if (events.length === 0) return [];
  const [thread] = await query<{ last_seq: number }>(
    `WITH thread AS (
       UPDATE ${s}.threads SET last_seq = last_seq + $2 WHERE thread_no = $1 AND ${hasNotCrashed(s)}
       RETURNING thread_no, last_seq, last_seq - $2 AS seq_before
     ), inserted AS (${insertEvents(s, { runNo: "$3::bigint", columns: eventColumns(4) })})
     SELECT last_seq FROM thread`,
    [threadNo, events.length, runNo, ...toEventColumns(events)],
  );
  if (thread === undefined) throw new ServerCrashedError();
  return toRecords(events, thread.last_seq);
}
