import type { Delivery, WebhookPort } from "../core/ports.ts";
import type { Connection } from "./connection.ts";

interface DeliveryRow {
  delivery_no: number;
  thread_id: string;
  run_id: string;
  interrupt_id: string | null;
  url: string;
  body: string | null;
  attempt: number;
}

export function createWebhookPort({ db, write }: Connection): WebhookPort {
  const isDue = db.prepare<[number]>("SELECT 1 FROM deliveries WHERE due_at <= ?");
  const take = db.prepare<[{ now: number; until: number; limit: number }], DeliveryRow>(
    `UPDATE deliveries SET attempt = attempt + 1, due_at = @until WHERE delivery_no IN (
       SELECT delivery_no FROM deliveries WHERE due_at <= @now ORDER BY due_at, delivery_no LIMIT @limit)
     RETURNING *`,
  );
  const keep = db.prepare("UPDATE deliveries SET body = ? WHERE delivery_no = ?");
  const retry = db.prepare("UPDATE deliveries SET due_at = ? WHERE delivery_no = ? AND attempt = ?");
  const remove = db.prepare("DELETE FROM deliveries WHERE delivery_no = ?");
  return {
    async claim(now, { holdMs, limit }) {
      // Most of the time there is nothing: that costs no write.
      if (isDue.get(now) === undefined) return [];
      return write(() => take.all({ now, until: now + holdMs, limit }).map(toDelivery));
    },
    async keepBody(number, body) {
      write(() => keep.run(body, number));
    },
    async retry({ number, attempt }, dueAt) {
      write(() => retry.run(dueAt, number, attempt));
    },
    async remove(number) {
      write(() => remove.run(number));
    },
  };
}

function toDelivery(row: DeliveryRow): Delivery {
  const { interrupt_id: interruptId } = row;
  return {
    number: row.delivery_no,
    threadId: row.thread_id,
    runId: row.run_id,
    url: row.url,
    cause: interruptId === null ? { type: "end" } : { type: "interrupt", interruptId },
    body: row.body,
    attempt: row.attempt,
  };
}
