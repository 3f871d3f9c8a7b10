import type { JsonObject } from "./json.ts";

/** JSON shapes of the REST surface. Field names are the protocol's; instants are ISO 8601 strings. */

export type ThreadStatus = "idle" | "busy" | "interrupted" | "error";
export type RunStatus = "pending" | "running" | "success" | "error" | "interrupted" | "timeout";
export type MultitaskStrategy = "reject" | "enqueue" | "interrupt" | "rollback";

export interface WireInterrupt {
  id: string;
  value: unknown;
  response_schema?: unknown;
}

export interface WireThread {
  thread_id: string;
  created_at: string;
  updated_at: string;
  state_updated_at: string;
  metadata: JsonObject;
  status: ThreadStatus;
  config: JsonObject;
  values: unknown;
  interrupts: Record<string, WireInterrupt[]>;
  /** When it is deleted, unless it is used before. */
  ttl?: { strategy: "delete"; ttl_minutes: number; expires_at: string };
  error?: { error: string; message: string };
}

export interface WireRun {
  run_id: string;
  thread_id: string;
  assistant_id: string;
  created_at: string;
  updated_at: string;
  status: RunStatus;
  metadata: JsonObject;
  kwargs: JsonObject;
  multitask_strategy: MultitaskStrategy;
  attempt: number;
  /** It runs, and was asked to stop where nothing new would begin. */
  stop_after_step?: true;
  /** Why the run ended in `error` or `timeout`. */
  error?: { error: string; message: string };
}

export interface WireCheckpointRef {
  thread_id: string;
  checkpoint_ns: string;
  checkpoint_id: string | null;
  checkpoint_map: JsonObject | null;
}

export interface WireTask {
  id: string;
  name: string;
  path: unknown[];
  error: string | null;
  interrupts: WireInterrupt[];
  checkpoint: Partial<WireCheckpointRef> | null;
  state: WireThreadState | null;
  result: unknown;
}

export interface WireThreadState {
  values: unknown;
  next: string[];
  tasks: WireTask[];
  metadata: JsonObject | null;
  created_at: string | null;
  checkpoint: WireCheckpointRef;
  parent_checkpoint: WireCheckpointRef | null;
  interrupts: WireInterrupt[];
}
