import type { LogPort } from "./ports.ts";

const pageLength = 1000;

/** Ids of the messages that models began in earlier attempts at this run, by namespace, in order. */
export async function findBegunMessages(
  log: LogPort,
  threadId: string,
  runId: string,
): Promise<Map<string, string[]>> {
  const begun = new Map<string, string[]>();
  let after = 0;
  for (;;) {
    const events = await log.read(threadId, after, pageLength);
    for (const event of events) {
      after = event.seq;
      if (event.runId !== runId || event.method !== "messages") continue;
      const { event: kind, id, role } = JSON.parse(event.data) as Record<string, unknown>;
      if (kind !== "message-start" || typeof id !== "string" || (role ?? "ai") !== "ai") continue;
      const key = event.namespace.join("|");
      const ids = begun.get(key) ?? [];
      if (!ids.includes(id)) ids.push(id);
      begun.set(key, ids);
    }
    if (events.length < pageLength) return begun;
  }
}
