import type {
  Actor,
  EffectRecord,
  EffectStatus,
  EventRecord,
  InterruptRecord,
  RunKind,
  RunRecord,
  StoredCheckpoint,
  ThreadRecord,
} from "../core/ports.ts";
import type { EventMethod } from "../protocol/events.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { MultitaskStrategy, RunStatus, ThreadStatus } from "../protocol/shapes.ts";

/** Rows as the driver gives them (`bigint` as numbers), and their records. */

export interface ThreadRow {
  thread_no: number;
  thread_id: string;
  owner: string | null;
  created_at: number;
  updated_at: number;
  state_updated_at: number;
  metadata: JsonObject;
  config: string;
  status: string;
  error: string | null;
  ttl_ms: number | null;
  ttl_waits: boolean;
  last_seq: number;
  active_run_no: number | null;
  active_attempt: number | null;
}

export function toThread(row: ThreadRow): ThreadRecord {
  return {
    threadId: row.thread_id,
    owner: row.owner,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    stateUpdatedAt: row.state_updated_at,
    metadata: row.metadata,
    config: JSON.parse(row.config) as JsonObject,
    status: row.status as ThreadStatus,
    error: row.error === null ? null : JSON.parse(row.error),
    ttlMs: row.ttl_ms,
  };
}

export interface RunRow {
  run_no: number;
  run_id: string;
  thread_no: number;
  thread_id: string;
  graph_id: string;
  graph_version: string;
  assistant_id: string;
  kind: string;
  kwargs: string;
  metadata: string;
  multitask_strategy: string;
  started_at: number | null;
  user: string | null;
  status: string;
  attempt: number;
  cancel_requested: string | null;
  acted: boolean;
  error: string | null;
  created_at: number;
  updated_at: number;
}

/** Selects {@link RunRow}s; append `WHERE` on `r` and `t`, and an order. */
export const selectRuns = (s: string) =>
  `SELECT r.*, t.thread_id FROM ${s}.runs r JOIN ${s}.threads t USING (thread_no)`;

export function toRun(row: RunRow): RunRecord {
  return {
    runId: row.run_id,
    threadId: row.thread_id,
    graphId: row.graph_id,
    graphVersion: row.graph_version,
    assistantId: row.assistant_id,
    kind: row.kind as RunKind,
    kwargs: JSON.parse(row.kwargs) as JsonObject,
    metadata: JSON.parse(row.metadata) as JsonObject,
    multitaskStrategy: row.multitask_strategy as MultitaskStrategy,
    startedAt: row.started_at,
    ...(row.user === null ? {} : { user: JSON.parse(row.user) as JsonObject }),
    status: row.status as RunStatus,
    attempt: row.attempt,
    cancelRequested: row.cancel_requested as RunRecord["cancelRequested"],
    error: row.error === null ? null : JSON.parse(row.error),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export interface EventRow {
  seq: number;
  run_id: string | null;
  method: string;
  namespace: string;
  node: string | null;
  custom_name: string | null;
  at: number;
  is_ref: boolean;
  data: string;
}

export function toEvent(row: EventRow): EventRecord {
  return {
    seq: row.seq,
    runId: row.run_id,
    method: row.method as EventMethod,
    namespace: row.namespace === "[]" ? [] : (JSON.parse(row.namespace) as string[]),
    ...(row.node === null ? {} : { node: row.node }),
    ...(row.custom_name === null ? {} : { customName: row.custom_name }),
    at: row.at,
    data: row.data,
    ...(row.is_ref ? { isRef: true } : {}),
  };
}

export interface InterruptRow {
  interrupt_no: number;
  interrupt_id: string;
  engine_id: string | null;
  owner: string | null;
  source: string;
  effect_key: string | null;
  assignees: string[] | null;
  expires_at: number | null;
  on_expiry: string;
  thread_id: string;
  run_id: string;
  graph_id: string;
  task_id: string;
  namespace: string;
  value: string;
  response_schema: string | null;
  digest: string;
  status: string;
  opened_at: number;
  answer: string | null;
  answered_by: string | null;
  answered_at: number | null;
  answer_run_id: string | null;
}

/** Selects {@link InterruptRow}s; append `WHERE` on `i` and an order. */
export const selectInterrupts = (s: string) => `
  SELECT i.*, t.thread_id, r.run_id, a.run_id AS answer_run_id
  FROM ${s}.interrupts i
  JOIN ${s}.threads t USING (thread_no)
  JOIN ${s}.runs r ON r.run_no = i.run_no
  LEFT JOIN ${s}.runs a ON a.run_no = i.answer_run_no`;

export function toInterrupt(row: InterruptRow): InterruptRecord {
  return {
    number: row.interrupt_no,
    interruptId: row.interrupt_id,
    engineId: row.engine_id ?? row.interrupt_id,
    owner: row.owner,
    source: row.source as InterruptRecord["source"],
    effectKey: row.effect_key,
    assignees: row.assignees,
    expiresAt: row.expires_at,
    onExpiry: JSON.parse(row.on_expiry) as InterruptRecord["onExpiry"],
    threadId: row.thread_id,
    runId: row.run_id,
    graphId: row.graph_id,
    taskId: row.task_id,
    namespace: JSON.parse(row.namespace) as string[],
    value: JSON.parse(row.value),
    responseSchema: row.response_schema === null ? null : JSON.parse(row.response_schema),
    digest: row.digest,
    status: row.status as InterruptRecord["status"],
    openedAt: row.opened_at,
    answer:
      row.answer === null
        ? null
        : {
            value: JSON.parse(row.answer),
            actor: JSON.parse(row.answered_by ?? "null") as Actor,
            at: row.answered_at ?? 0,
            runId: row.answer_run_id ?? "",
          },
  };
}

export interface CheckpointRow {
  thread_id: string;
  checkpoint_ns: string;
  checkpoint_id: string;
  parent_id: string | null;
  run_id: string | null;
  metadata: string;
  body: string;
}

export function toCheckpoint(row: CheckpointRow): StoredCheckpoint {
  return {
    threadId: row.thread_id,
    checkpointNs: row.checkpoint_ns,
    checkpointId: row.checkpoint_id,
    parentId: row.parent_id,
    runId: row.run_id,
    metadata: JSON.parse(row.metadata) as JsonObject,
    body: JSON.parse(row.body) as JsonObject,
  };
}

export interface EffectRow {
  key: string;
  run_id: string;
  attempt: number;
  namespace: string;
  idempotent: boolean;
  about: string;
  status: string;
  result: string;
  started_at: number;
  ended_at: number | null;
}

export function toEffect(row: EffectRow): EffectRecord {
  return { ...toListedEffect(row), result: JSON.parse(row.result) };
}

export function toListedEffect(row: Omit<EffectRow, "result">): Omit<EffectRecord, "result"> {
  return {
    key: row.key,
    runId: row.run_id,
    attempt: row.attempt,
    namespace: row.namespace,
    idempotent: row.idempotent,
    about: JSON.parse(row.about),
    status: row.status as EffectStatus,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  };
}
