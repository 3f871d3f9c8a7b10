import type { LifecycleStatus } from "../protocol/events.ts";
import type { Json } from "../protocol/json.ts";
import type { NewEvent } from "./ports.ts";

/** Events that core itself raises on a thread. */

export function rootLifecycle(
  run: { runId: string; graphId: string },
  status: Exclude<LifecycleStatus, "started">,
  at: number,
  more: Record<string, unknown> = {},
): NewEvent {
  const data = JSON.stringify({ event: status, graph_name: run.graphId, ...more });
  return { runId: run.runId, method: "lifecycle", namespace: [], at, data };
}

/** `value` beside `payload`: the Python client reads that (reference/protocol.md 3.5). */
export function inputRequested(
  runId: string,
  interrupt: { id: string; value: Json; responseSchema?: Json | null },
  namespace: string[],
  at: number,
): NewEvent {
  const { id, value, responseSchema } = interrupt;
  const data = {
    interrupt_id: id,
    payload: value,
    value,
    ...(responseSchema == null ? {} : { response_schema: responseSchema }),
  };
  return { runId, method: "input.requested", namespace, at, data: JSON.stringify(data) };
}

/** Tells every client to put these questions away. `status` is ours; clients skip what they do not know. */
export function inputAnswered(
  runId: string | null,
  interruptIds: string[],
  status: "answered" | "superseded" | "cancelled" | "expired",
  at: number,
): NewEvent {
  const data = JSON.stringify({ interrupt_ids: interruptIds, status });
  return { runId, method: "input.answered", namespace: [], at, data };
}
