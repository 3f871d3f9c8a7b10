import type { Query } from "./database.ts";

/** What was answered so far approves nothing any more. Inside the transaction that takes the write of the state. */
export async function voidReceipts(query: Query, s: string, threadNo: number): Promise<void> {
  await query(
    `UPDATE ${s}.interrupts SET is_void = true WHERE thread_no = $1 AND answer IS NOT NULL AND NOT is_void`,
    [threadNo],
  );
}
