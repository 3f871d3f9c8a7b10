import type { Bridge } from "../core/bridge.ts";
import type {
  AssistantRecord,
  AssistantVersion,
  CronRecord,
  InterruptRecord,
  ThreadRecord,
} from "../core/ports.ts";
import type { WireInterrupt, WireThread } from "../protocol/shapes.ts";

/** Records as the REST surface shows them (reference/protocol.md 1.2 and A6). */

export function toWireThread(
  thread: ThreadRecord,
  { open, bridge }: { open: InterruptRecord[]; bridge: Bridge },
  values: unknown,
): WireThread {
  const interrupts: Record<string, WireInterrupt[]> = {};
  for (const { taskId, interruptId, graphId, value, responseSchema } of open) {
    const schema = responseSchema === null ? {} : { response_schema: responseSchema };
    interrupts[taskId] ??= [];
    interrupts[taskId].push({ id: interruptId, value: bridge.shown(graphId, value), ...schema });
  }
  return {
    thread_id: thread.threadId,
    created_at: new Date(thread.createdAt).toISOString(),
    updated_at: new Date(thread.updatedAt).toISOString(),
    state_updated_at: new Date(thread.stateUpdatedAt).toISOString(),
    metadata: thread.metadata,
    status: thread.status,
    config: thread.config,
    values,
    interrupts,
    ...(thread.ttlMs === null ? {} : { ttl: toWireTtl(thread, thread.ttlMs) }),
    ...(thread.error === null ? {} : { error: { error: thread.error.name, message: thread.error.message } }),
  };
}

function toWireTtl({ updatedAt }: ThreadRecord, ttlMs: number): NonNullable<WireThread["ttl"]> {
  const expiresAt = new Date(updatedAt + ttlMs).toISOString();
  return { strategy: "delete", ttl_minutes: ttlMs / 60_000, expires_at: expiresAt };
}

export function toWireVersion(version: AssistantVersion): Record<string, unknown> {
  return {
    assistant_id: version.assistantId,
    graph_id: version.graphId,
    config: version.config,
    context: version.context,
    metadata: version.metadata,
    version: version.version,
    name: version.name,
    description: version.description,
    created_at: new Date(version.createdAt).toISOString(),
  };
}

export function toWireAssistant(assistant: AssistantRecord): Record<string, unknown> {
  return { ...toWireVersion(assistant), updated_at: new Date(assistant.updatedAt).toISOString() };
}

export function toWireCron(cron: CronRecord): Record<string, unknown> {
  const toDate = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  return {
    cron_id: cron.cronId,
    assistant_id: cron.assistantId,
    thread_id: cron.threadId,
    ...(cron.threadId === null ? { on_run_completed: cron.onRunCompleted } : {}),
    schedule: cron.schedule,
    timezone: cron.timezone,
    end_time: toDate(cron.endTime),
    next_run_date: toDate(cron.nextAt),
    enabled: cron.enabled,
    payload: cron.payload,
    metadata: cron.metadata,
    user_id: cron.userId,
    created_at: toDate(cron.createdAt),
    updated_at: toDate(cron.updatedAt),
  };
}
