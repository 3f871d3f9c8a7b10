import type { Delivery, WebhookPort } from "../core/ports.ts";
import type { Database } from "./database.ts";

interface DeliveryRow {
  delivery_no: number;
  thread_id: string;
  run_id: string;
  interrupt_id: string | null;
  url: string;
  body: string | null;
  attempt: number;
}

export function createWebhookPort(db: Database): WebhookPort {
  const { s } = db;
  return {
    async claim(now, { holdMs, limit }) {
      // Most of the time there is nothing: that costs one statement without a transaction.
      const [due] = await db.run(`SELECT 1 FROM ${s}.deliveries WHERE due_at <= $1 LIMIT 1`, [now]);
      if (due === undefined) return [];
      return db.transaction(async (query) => {
        const rows = await query<DeliveryRow>(
          `UPDATE ${s}.deliveries SET attempt = attempt + 1, due_at = $2 WHERE delivery_no IN (
             SELECT delivery_no FROM ${s}.deliveries WHERE due_at <= $1 ORDER BY due_at, delivery_no LIMIT $3
             FOR UPDATE SKIP LOCKED)
           RETURNING *`,
          [now, now + holdMs, limit],
        );
        return rows.map(toDelivery);
      });
    },
    async keepBody(number, body) {
      await db.run(`UPDATE ${s}.deliveries SET body = $2 WHERE delivery_no = $1`, [number, body]);
    },
    async retry({ number, attempt }, dueAt) {
      await db.run(`UPDATE ${s}.deliveries SET due_at = $3 WHERE delivery_no = $1 AND attempt = $2`, [
        number,
        attempt,
        dueAt,
      ]);
    },
    async remove(number) {
      await db.run(`DELETE FROM ${s}.deliveries WHERE delivery_no = $1`, [number]);
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
