import type { Query } from "./database.ts";

/** The run has begun to do something outside. Inside the caller's transaction. */
export async function noteActed(query: Query, s: string, runNo: number | null): Promise<void> {
  await query(`UPDATE ${s}.runs SET acted = true WHERE run_no = $1 AND NOT acted`, [runNo]);
}
