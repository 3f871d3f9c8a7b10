import { CountersignError } from "../protocol/errors.ts";
import type { Bridge } from "./bridge.ts";
import type { Delivery, RunRecord, Store, ThreadRecord } from "./ports.ts";
import type { States } from "./states.ts";
import { toWireRun } from "./wire-run.ts";

/** What a webhook is told: the run, and the values of the state it left; null when the run is gone. */
export async function toWebhookBody(
  { store, states, bridge, now }: { store: Store; states: States; bridge: Bridge; now: () => number },
  { threadId, runId, cause }: Delivery,
): Promise<Record<string, unknown> | null> {
  const [thread, run] = await Promise.all([store.threads.find(threadId), store.runs.find(threadId, runId)]);
  if (thread === undefined || run === undefined) return null;
  const { values, interrupts } = await stateAfter({ store, states }, thread, run);
  const hasEnded = run.status !== "pending" && run.status !== "running";
  return {
    ...toWireRun(run),
    event: cause.type,
    run_started_at: toInstant(run.startedAt),
    run_ended_at: hasEnded ? toInstant(run.updatedAt) : null,
    webhook_sent_at: toInstant(now()),
    values,
    interrupts: cause.type === "end" ? interrupts : await findQuestion({ store, bridge }, threadId, cause),
  };
}

/** The question as it was asked: it may have been answered since. */
async function findQuestion(
  { store, bridge }: { store: Store; bridge: Bridge },
  threadId: string,
  { interruptId }: Extract<Delivery["cause"], { type: "interrupt" }>,
) {
  const rows = await store.interrupts.find(threadId, [interruptId]);
  return rows.map(({ graphId, value, responseSchema }) => ({
    id: interruptId,
    value: bridge.shown(graphId, value),
    ...(responseSchema === null ? {} : { response_schema: responseSchema }),
  }));
}

/** Where the run left the state: another one may have gone on since. */
async function stateAfter(
  { store, states }: { store: Store; states: States },
  thread: ThreadRecord,
  { runId }: RunRecord,
) {
  const [head] = await store.checkpoints.list(thread.threadId, { checkpointNs: "", limit: 1 });
  if (head === undefined || head.runId === runId) return states.get(thread);
  const all = await store.checkpoints.list(thread.threadId, { checkpointNs: "" });
  const last = all.find((one) => one.runId === runId);
  if (last === undefined) return states.get(thread);
  try {
    return { ...(await states.get(thread, { checkpointId: last.checkpointId })), interrupts: [] };
  } catch (error) {
    if (error instanceof CountersignError) return states.get(thread); // thinned out meanwhile
    throw error;
  }
}

function toInstant(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
