import type { PoolClient } from "pg";

/**
 * Deltas are committed without waiting for the disk, so a crash of the server (not a clean stop) may take
 * the last of them back, and with them the `seq` they were given; readers have seen these. No seq is ever
 * given twice, so appending asks first whether the server crashed since somebody last looked: the row of
 * `crash_marker`, an unlogged table, does not survive a crash. Whoever finds it gone leaves a gap in the
 * threads that were being written to, the only ones with deltas, and puts it back.
 */

/** Seqs a server could have given in the seconds of commits it may lose, many times over. */
const gap = 1_000_000;

/** True in SQL while the server has not crashed since the last repair. */
export const hasNotCrashed = (s: string) => `EXISTS (SELECT 1 FROM ${s}.crash_marker)`;

/** Thrown inside a transaction that found the marker gone. */
export class ServerCrashedError extends Error {
  constructor() {
    super("The server crashed; the threads it was writing to need a gap in their seqs.");
    this.name = "ServerCrashedError";
  }
}

/** Leaves the gaps and puts the marker back, once, whoever comes first. Idempotent. */
export async function repairAfterCrash(s: string, client: PoolClient): Promise<void> {
  await client.query("BEGIN");
  try {
    await client.query(`LOCK TABLE ${s}.crash_marker IN EXCLUSIVE MODE`);
    const { rowCount } = await client.query(
      `INSERT INTO ${s}.crash_marker (is_there) SELECT true WHERE NOT ${hasNotCrashed(s)}`,
    );
    if (rowCount !== 0) {
      await client.query(
        `UPDATE ${s}.threads SET last_seq = last_seq + ${gap} WHERE thread_no IN (
           SELECT thread_no FROM ${s}.runs WHERE status = 'running')`,
      );
    }
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}
