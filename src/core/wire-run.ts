import type { WireRun } from "../protocol/shapes.ts";
import type { RunRecord } from "./ports.ts";

/** A run as clients and webhooks see it (reference/protocol.md 1.3). */
export function toWireRun(run: RunRecord): WireRun {
  return {
    run_id: run.runId,
    thread_id: run.threadId,
    assistant_id: run.assistantId,
    created_at: new Date(run.createdAt).toISOString(),
    updated_at: new Date(run.updatedAt).toISOString(),
    status: run.status,
    metadata: run.metadata,
    kwargs: run.kwargs,
    multitask_strategy: run.multitaskStrategy,
    attempt: run.attempt,
    ...(run.status === "running" && run.cancelRequested === "step" ? { stop_after_step: true } : {}),
    ...(run.error === null ? {} : { error: { error: run.error.name, message: run.error.message } }),
  };
}
