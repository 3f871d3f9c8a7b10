import { randomUUID } from "node:crypto";
import type { PoolClient } from "pg";
import { unavailable } from "./failures.ts";

/**
 * How a commit is recognised whose reply was lost. Every transaction carries a number of its writer and
 * sets the writer's row to it, from a smaller one. When it is sent again after a lost connection, the row
 * tells: as large as the number already, so the first try counts; or not, and then it never will, for the
 * row's lock made us wait for it to end, and a straggler finds the number taken. (Transaction ids would not
 * do: those of transactions that a crash undid are given again.)
 *
 * Each writer is used by one transaction at a time, so nobody waits for its row but a repetition of itself.
 */
export interface Writer {
  id: string;
  number: number;
  /** It has a row. */
  isKnown: boolean;
}

/** One operation under one number of one writer, however often it is tried. */
export interface Tried {
  writer: Writer;
  /** Something that may have been committed was sent. Set by whoever sends it. */
  isSent: boolean;
}

/** Thrown when somebody removed the writer's row and nothing is lost by it: to be tried again. */
export class WriterGoneError extends Error {
  constructor() {
    super("The writer's row is gone.");
    this.name = "WriterGoneError";
  }
}

export function createWriters(s: string) {
  const free: Writer[] = [];
  const introduced = new Set<string>();
  return {
    take(): Writer {
      const writer = free.pop() ?? { id: randomUUID(), number: 0, isKnown: false };
      writer.number += 1;
      return writer;
    },

    /** Takes a writer back whose last number is decided: it is there, or never will be. */
    giveBack(writer: Writer): void {
      free.push(writer);
    },

    /** Makes sure of the writer's row. */
    async introduce(client: PoolClient, writer: Writer): Promise<void> {
      if (writer.isKnown) return;
      await client.query(
        `INSERT INTO ${s}.writers (writer, number, used_at) VALUES ($1, 0, clock_timestamp())
         ON CONFLICT DO NOTHING`,
        [writer.id],
      );
      writer.isKnown = true;
      introduced.add(writer.id);
    },

    /** Removes the rows of these writers, and those that nobody used for a week. */
    async forget(client: PoolClient): Promise<void> {
      await client.query(
        `DELETE FROM ${s}.writers WHERE writer = ANY($1) OR used_at < clock_timestamp() - interval '7 days'`,
        [[...introduced]],
      );
    },
  };
}

/**
 * Begins a transaction that carries the writer's number, in one round trip. What the database has as its
 * default must not make a fact less durable, or let a process that is stuck hold a thread for long.
 *
 * @returns False, and no transaction is begun, when the number is taken: an earlier try was committed.
 */
export async function begin(client: PoolClient, s: string, { writer, isSent }: Tried): Promise<boolean> {
  const replies = await client.query(
    `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
     SET LOCAL idle_in_transaction_session_timeout = '15s';
     SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off';
     UPDATE ${s}.writers SET number = ${writer.number}, used_at = clock_timestamp()
     WHERE writer = '${writer.id}' AND number < ${writer.number}`,
  );
  if ((replies as unknown as { rowCount: number }[]).at(-1)?.rowCount === 1) return true;
  await client.query("ROLLBACK");
  const { isCommitted } = await recall(client, s, { writer, isSent });
  if (!isCommitted) throw new WriterGoneError();
  return false;
}

/**
 * Whether an earlier try was committed, and the last `seq` it gave if it carried no transaction around it.
 *
 * @throws `store_unavailable` when somebody removed the row between a commit and its reply: nobody knows.
 */
export async function recall(
  client: PoolClient,
  s: string,
  { writer, isSent }: Tried,
): Promise<{ isCommitted: boolean; lastSeq: number }> {
  const { rows } = await client.query<{ number: number; last_seq: number }>(
    `SELECT number, last_seq FROM ${s}.writers WHERE writer = $1`,
    [writer.id],
  );
  const [row] = rows;
  if (row !== undefined) return { isCommitted: row.number >= writer.number, lastSeq: row.last_seq };
  writer.isKnown = false;
  if (isSent) throw unavailable("nobody can say whether the last commit counts");
  return { isCommitted: false, lastSeq: 0 };
}
