import type { EventRecord, InterruptRecord, NewEvent } from "../core/ports.ts";
import { appendEvents } from "./append-events.ts";
import type { Query } from "./database.ts";
import { type InterruptRow, selectInterrupts, toInterrupt } from "./rows.ts";

/**
 * Ends pending runs of one thread as `interrupted`, inside the caller's transaction. What they were to
 * answer is open again, and asked again.
 */
export async function endPendingRuns(
  query: Query,
  s: string,
  { threadNo, runNos }: { threadNo: number; runNos: number[] },
  { at, requested }: { at: number; requested: (interrupt: InterruptRecord) => NewEvent },
): Promise<EventRecord[]> {
  if (runNos.length === 0) return [];
  await query(
    `UPDATE ${s}.runs SET status = 'interrupted', ready = false, updated_at = $2 WHERE run_no = ANY($1)`,
    [runNos, at],
  );
  const rows = await query<InterruptRow>(
    `${selectInterrupts(s)} WHERE i.answer_run_no = ANY($1) AND i.status IN ('answered', 'expired')
     ORDER BY i.interrupt_no`,
    [runNos],
  );
  if (rows.length === 0) return [];
  await reopen(
    query,
    s,
    rows.map((row) => row.interrupt_no),
  );
  const events = rows.map((row) => ({ ...requested(toInterrupt(row)), runId: null }));
  return appendEvents(query, s, { threadNo, runNo: null }, events);
}

/** Takes the answers of these interrupts back. */
export async function reopen(query: Query, s: string, interruptNos: number[]): Promise<void> {
  await query(
    `UPDATE ${s}.interrupts
     SET status = 'open', answer = NULL, answered_by = NULL, answered_at = NULL, answer_run_no = NULL
     WHERE interrupt_no = ANY($1)`,
    [interruptNos],
  );
}
