import type { AnswerInterrupts, AnswerOutcome, InterruptRecord, Refusal, RunRecord } from "../core/ports.ts";
import { canonicalJson } from "../protocol/json.ts";
import { appendEvents } from "./append-events.ts";
import type { Database, Query } from "./database.ts";
import { findByKey, insertKey, insertRun } from "./insert-run.ts";
import { lockThread } from "./lock-thread.ts";
import { type InterruptRow, type RunRow, selectInterrupts, selectRuns, toInterrupt, toRun } from "./rows.ts";
import { refreshStatus } from "./thread-status.ts";
import { voidReceipts } from "./void-receipts.ts";

export function createAnswerInterrupts(db: Database): (command: AnswerInterrupts) => Promise<AnswerOutcome> {
  const { s } = db;
  return (command) =>
    db.transaction(async (query): Promise<AnswerOutcome> => {
      const { threadId, actor, at, answers, idempotencyKey } = command;
      const thread = await lockThread(query, s, threadId);
      if (thread === undefined) {
        const refusals = answers.map(({ interruptId }) => toRefusal(interruptId, undefined));
        return { type: "refused", refusals, openIds: [] };
      }
      const { thread_no: threadNo, last_seq: seq } = thread;
      const key = idempotencyKey === undefined ? undefined : { actorId: actor.id, key: idempotencyKey };
      const keyed = key && (await findByKey(query, s, threadNo, key));
      if (keyed) return { type: "repeated", run: keyed, seq };
      const verdict = judge(await findNewest(query, s, threadNo, command), command);
      if (verdict.repeats !== undefined) {
        return { type: "repeated", run: await getRun(query, s, verdict.repeats), seq };
      }
      const open = await findOpen(query, s, threadNo);
      if (verdict.refusals.length > 0) {
        const openIds = open.map(({ interrupt_id }) => interrupt_id);
        return { type: "refused", refusals: verdict.refusals, openIds };
      }
      const started =
        command.claim !== undefined &&
        command.run.notBefore == null &&
        thread.active_run_no === null &&
        !isDoubtLeft(open, command) &&
        !(await isAnswering(query, s, threadNo));
      const { runNo, run } = await insertRun(
        query,
        s,
        { threadNo, threadId },
        { run: command.run, claim: started ? command.claim : undefined },
      );
      if (key) await insertKey(query, s, { threadNo, runNo }, key);
      if (command.voidsReceipts) await voidReceipts(query, s, threadNo);
      await record(query, s, { threadNo, runNo }, command);
      const said = started ? [command.answered, command.running] : [command.answered];
      const events = await appendEvents(query, s, { threadNo, runNo }, said);
      await refreshStatus(query, s, { threadNo, at });
      return { type: "accepted", run, started, seq: events.at(-1)?.seq ?? seq, events };
    });
}

/** The newest row of each interrupt that is answered. */
async function findNewest(
  query: Query,
  s: string,
  threadNo: number,
  { answers }: AnswerInterrupts,
): Promise<Map<string, InterruptRecord>> {
  const rows = await query<InterruptRow>(
    `${selectInterrupts(s)} WHERE i.thread_no = $1 AND i.interrupt_id = ANY($2) ORDER BY i.interrupt_no`,
    [threadNo, answers.map(({ interruptId }) => interruptId)],
  );
  return new Map(rows.map((row) => [row.interrupt_id, toInterrupt(row)]));
}

interface Verdict {
  refusals: Refusal[];
  /** The run that took these very answers before. */
  repeats?: string;
}

/** Neither refusals nor a repeat: all are open. */
function judge(newest: Map<string, InterruptRecord>, command: AnswerInterrupts): Verdict {
  const runs = new Set<string | undefined>();
  const refusals: Refusal[] = [];
  for (const { interruptId, value } of command.answers) {
    const interrupt = newest.get(interruptId);
    const isOpen = interrupt?.status === "open";
    const first = interrupt && !isOpen ? repeatedRun(interrupt, command, value) : undefined;
    runs.add(first);
    if (!isOpen && first === undefined) refusals.push(toRefusal(interruptId, interrupt));
  }
  const [run] = runs;
  if (runs.size === 1 && run !== undefined) return { refusals, repeats: run };
  if (refusals.length > 0 || runs.size < 2) return { refusals };
  // Some of them were taken before, but not all by one run: as one command this is new, and comes too late.
  const closed = [...newest].filter(([, { status }]) => status !== "open");
  return { refusals: closed.map(([interruptId, interrupt]) => toRefusal(interruptId, interrupt)) };
}

function repeatedRun(
  { answer, status }: InterruptRecord,
  { actor }: AnswerInterrupts,
  value: unknown,
): string | undefined {
  if (status === "undone") return undefined; // what was taken back does not count once more
  if (answer === null || answer.actor.id !== actor.id || answer.actor.verified !== actor.verified)
    return undefined;
  return canonicalJson(answer.value) === canonicalJson(value) ? answer.runId : undefined;
}

function toRefusal(interruptId: string, interrupt: InterruptRecord | undefined): Refusal {
  if (interrupt === undefined) return { interruptId, reason: "unknown" };
  const { status, answer } = interrupt;
  return {
    interruptId,
    reason: "closed",
    status,
    ...(answer === null ? {} : { answeredBy: answer.actor, answeredAt: answer.at }),
  };
}

interface OpenRow {
  interrupt_id: string;
  source: string;
}

async function findOpen(query: Query, s: string, threadNo: number): Promise<OpenRow[]> {
  return query<OpenRow & { interrupt_no: number }>(
    `SELECT interrupt_no, interrupt_id, source FROM ${s}.interrupts
     WHERE thread_no = $1 AND status = 'open' ORDER BY interrupt_no`,
    [threadNo],
  );
}

/** True when an effect is still in doubt once these are answered: no answer reaches the graph before that. */
function isDoubtLeft(open: OpenRow[], { answers }: AnswerInterrupts): boolean {
  const answered = new Set(answers.map(({ interruptId }) => interruptId));
  return open.some((row) => row.source === "effect" && !answered.has(row.interrupt_id));
}

async function isAnswering(query: Query, s: string, threadNo: number): Promise<boolean> {
  const rows = await query(
    `SELECT 1 FROM ${s}.runs WHERE thread_no = $1 AND status = 'pending' AND kind = 'resume' LIMIT 1`,
    [threadNo],
  );
  return rows.length > 0;
}

async function getRun(query: Query, s: string, runId: string): Promise<RunRecord> {
  const [row] = await query<RunRow>(`${selectRuns(s)} WHERE r.run_id = $1`, [runId]);
  return toRun(row as RunRow);
}

/** Closes the rows with their answers, and settles the effects that were asked about. */
async function record(
  query: Query,
  s: string,
  { threadNo, runNo }: { threadNo: number; runNo: number },
  { answers, actor, at, status = "answered", resolve = [] }: AnswerInterrupts,
): Promise<void> {
  await query(
    `UPDATE ${s}.interrupts i SET status = $3, answer = a.value, answered_by = $4, answered_at = $5,
       answer_run_no = $6, is_void = false
     FROM unnest($1::text[], $2::text[]) AS a (interrupt_id, value)
     WHERE i.thread_no = $7 AND i.interrupt_id = a.interrupt_id AND i.status = 'open'`,
    [
      answers.map(({ interruptId }) => interruptId),
      answers.map(({ value }) => JSON.stringify(value)),
      ...[status, JSON.stringify(actor), at, runNo, threadNo],
    ],
  );
  if (resolve.length === 0) return;
  await query(
    `UPDATE ${s}.effects e SET status = v.status, result = v.result, ended_at = $4
     FROM unnest($1::text[], $2::text[], $3::text[]) AS v (key, status, result)
     WHERE e.thread_no = $5 AND e.key = v.key AND e.status IN ('started', 'in_doubt')`,
    [
      resolve.map(({ key }) => key),
      resolve.map(({ status: resolved }) => resolved),
      resolve.map(({ result }) => JSON.stringify(result)),
      ...[at, threadNo],
    ],
  );
}
