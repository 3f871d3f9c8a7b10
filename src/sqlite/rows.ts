import { inflateRawSync } from "node:zlib";
import type {
  Actor,
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

/** Rows as SQLite gives them, and their records. */

export interface ThreadRow {
  thread_no: number;
  thread_id: string;
  owner: string | null;
  created_at: number;
  updated_at: number;
  state_updated_at: number;
  metadata: string;
  config: string;
  status: string;
  error: string | null;
  ttl_ms: number | null;
  last_seq: number;
}

export function toThread(row: ThreadRow): ThreadRecord {
  return {
    threadId: row.thread_id,
    owner: row.owner,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    stateUpdatedAt: row.state_updated_at,
    metadata: JSON.parse(row.metadata) as JsonObject,
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
  deflated_kwargs: Buffer | null;
  metadata: string;
  multitask_strategy: string;
  started_at: number | null;
  user: string | null;
  status: string;
  attempt: number;
  lease_owner: string | null;
  lease_until: number | null;
  cancel_requested: string | null;
  acted: number;
  error: string | null;
  created_at: number;
  updated_at: number;
}

function kwargsOf({ kwargs, deflated_kwargs: deflated }: RunRow): string {
  return deflated === null ? kwargs : inflateRawSync(deflated).toString();
}

export function toRun(row: RunRow): RunRecord {
  return {
    runId: row.run_id,
    threadId: row.thread_id,
    graphId: row.graph_id,
    graphVersion: row.graph_version,
    assistantId: row.assistant_id,
    kind: row.kind as RunKind,
    kwargs: JSON.parse(kwargsOf(row)) as JsonObject,
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
  is_ref: number;
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
    ...(row.is_ref === 1 ? { isRef: true } : {}),
  };
}

export interface InterruptRow {
  interrupt_no: number;
  interrupt_id: string;
  engine_id: string | null;
  owner: string | null;
  source: string;
  effect_key: string | null;
  assignees: string | null;
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
export const selectInterrupts = `
  SELECT i.*, t.thread_id, r.run_id, a.run_id AS answer_run_id
  FROM interrupts i
  JOIN threads t USING (thread_no)
  JOIN runs r ON r.run_no = i.run_no
  LEFT JOIN runs a ON a.run_no = i.answer_run_no`;

export function toInterrupt(row: InterruptRow): InterruptRecord {
  return {
    number: row.interrupt_no,
    interruptId: row.interrupt_id,
    engineId: row.engine_id ?? row.interrupt_id,
    owner: row.owner,
    source: row.source as InterruptRecord["source"],
    effectKey: row.effect_key,
    assignees: row.assignees === null ? null : (JSON.parse(row.assignees) as string[]),
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
  /** Null when it is in a pack. */
  body: string | null;
  pack_no: number;
  start: number;
  length: number;
}

/** @param body - Its JSON text, wherever it is. */
export function toCheckpoint(row: CheckpointRow, body: string): StoredCheckpoint {
  return {
    threadId: row.thread_id,
    checkpointNs: row.checkpoint_ns,
    checkpointId: row.checkpoint_id,
    parentId: row.parent_id,
    runId: row.run_id,
    metadata: JSON.parse(row.metadata) as JsonObject,
    body: JSON.parse(body) as JsonObject,
  };
}
