import type { CheckpointPort, StoredCheckpoint, StoredWrite } from "../core/ports.ts";
import { CountersignError } from "../protocol/errors.ts";
import type { Connection, Db } from "./connection.ts";
import { createReadContents } from "./contents.ts";
import { createPackState } from "./pack-state.ts";
import { createPacks } from "./packs.ts";
import { createWriteFacts } from "./record-facts.ts";
import { type CheckpointRow, toCheckpoint as toStored } from "./rows.ts";
import { createRefreshStatus } from "./thread-status.ts";
import { createTidyPacks } from "./tidy-packs.ts";
import { createVoidReceipts } from "./void-receipts.ts";

/** What a thread's state is in. */
const stateTables = [
  "writes",
  "checkpoints",
  "checkpoint_bodies",
  "packed_bodies",
  "contents",
  "packed_contents",
  "packs",
];

const select = `
  SELECT t.thread_id, c.checkpoint_ns, c.checkpoint_id, c.parent_id, r.run_id, c.metadata, b.body, p.pack_no,
    p.start, p.length
  FROM checkpoints c JOIN threads t USING (thread_no) LEFT JOIN runs r ON r.run_no = c.run_no
  LEFT JOIN checkpoint_bodies b ON b.thread_no = c.thread_no AND b.checkpoint_no = c.checkpoint_no
  LEFT JOIN packed_bodies p ON p.thread_no = c.thread_no AND p.checkpoint_no = c.checkpoint_no`;

export function createCheckpointPort({ db, write }: Connection): CheckpointPort {
  const one = db.prepare<[string, string, string], CheckpointRow>(
    `${select} WHERE t.thread_id = ? AND c.checkpoint_ns = ? AND c.checkpoint_id = ?`,
  );
  const newest = db.prepare<[string, string], CheckpointRow>(
    `${select} WHERE t.thread_id = ? AND c.checkpoint_ns = ? ORDER BY c.checkpoint_no DESC LIMIT 1`,
  );
  const page = db.prepare<
    [{ threadId: string; ns: string | null; before: string | null; limit: number }],
    CheckpointRow
  >(
    `${select} WHERE t.thread_id = @threadId AND (@ns IS NULL OR c.checkpoint_ns = @ns)
       AND (@before IS NULL OR c.checkpoint_no < (SELECT min(b.checkpoint_no) FROM checkpoints b
         WHERE b.thread_no = t.thread_no AND b.checkpoint_id = @before AND (@ns IS NULL OR b.checkpoint_ns = @ns)))
     ORDER BY c.checkpoint_no DESC LIMIT @limit`,
  );
  const writes = db.prepare<[string, string, string], StoredWrite>(
    `SELECT task_id AS taskId, task_path AS taskPath, idx AS "index", channel, hash FROM writes
     WHERE thread_no = (SELECT thread_no FROM threads WHERE thread_id = ?) AND checkpoint_ns = ? AND checkpoint_id = ?`,
  );
  const packs = createPacks(db);
  const toCheckpoint = (row: CheckpointRow): StoredCheckpoint => toStored(row, bodyOf(row, packs));
  const packState = createPackState(db, packs);
  const threadOf = db.prepare<[string], { thread_no: number; graph_id: string | null; busy: number }>(
    `SELECT thread_no, metadata ->> '$.graph_id' AS graph_id,
       EXISTS (SELECT 1 FROM runs r WHERE r.thread_no = threads.thread_no AND r.status = 'running') AS busy
     FROM threads WHERE thread_id = ?`,
  );
  const deletions = stateTables.map((table) =>
    db.prepare(`DELETE FROM ${table} WHERE thread_no = (SELECT thread_no FROM threads WHERE thread_id = ?)`),
  );
  const prune = createPrune(db, createTidyPacks(db, packs));
  const patchMetadata = db.prepare(
    "UPDATE checkpoints SET metadata = @metadata WHERE thread_no = @threadNo AND checkpoint_ns = '' AND checkpoint_id = @id",
  );
  const lastSeq = db.prepare<[string], number>("SELECT last_seq FROM threads WHERE thread_id = ?").pluck();
  const voidReceipts = createVoidReceipts(db);
  const writeFacts = createWriteFacts(db);
  const refreshStatus = createRefreshStatus(db);

  function idleThread(threadId: string) {
    const thread = threadOf.get(threadId);
    if (thread === undefined) {
      throw new CountersignError("no_such_thread", `There is no thread ${threadId}. Create it first.`);
    }
    if (thread.busy === 1) throw busy(threadId);
    return thread;
  }

  function refuseStale(threadId: string, asOf: number | undefined): void {
    if (asOf !== undefined && lastSeq.get(threadId) !== asOf) throw busy(threadId);
  }

  return {
    async find(threadId, checkpointNs, checkpointId) {
      const row =
        checkpointId === undefined
          ? newest.get(threadId, checkpointNs)
          : one.get(threadId, checkpointNs, checkpointId);
      return row && toCheckpoint(row);
    },
    async list(threadId, { checkpointNs, before, limit }) {
      return page
        .all({ threadId, ns: checkpointNs ?? null, before: before ?? null, limit: limit ?? -1 })
        .map(toCheckpoint);
    },
    writes: async (threadId, checkpointNs, checkpointId) => writes.all(threadId, checkpointNs, checkpointId),
    async delete(threadId) {
      write(() => {
        for (const statement of deletions) statement.run(threadId);
      });
    },
    async prune(threadId, keep) {
      return write(() => {
        const { thread_no: threadNo } = idleThread(threadId);
        if (newest.get(threadId, "")?.checkpoint_id !== keep.newest) throw busy(threadId);
        refuseStale(threadId, keep.asOf);
        const pruned = prune(threadNo, keep);
        packState(threadNo);
        return pruned;
      });
    },
    async patchNewest(threadId, metadata) {
      return write(() => {
        const { thread_no: threadNo } = idleThread(threadId);
        const head = newest.get(threadId, "");
        if (head === undefined) return false;
        const merged = JSON.stringify({ ...JSON.parse(head.metadata), ...metadata });
        patchMetadata.run({ threadNo, id: head.checkpoint_id, metadata: merged });
        return true;
      });
    },
    contents: createReadContents(db, packs),
    async record(threadId, facts, at, asOf) {
      return write(() => {
        const thread = idleThread(threadId);
        refuseStale(threadId, asOf);
        voidReceipts(thread.thread_no);
        const target = { threadNo: thread.thread_no, runNo: null, graphId: thread.graph_id ?? "", at };
        const events = writeFacts(target, facts);
        packState(thread.thread_no);
        refreshStatus(thread.thread_no, at, null, true);
        return events;
      });
    },
  };
}

function busy(threadId: string): CountersignError {
  return new CountersignError(
    "state_busy",
    `A run is active on thread ${threadId}, or has just ended. Wait for it or cancel it, then change the state.`,
  );
}

/** The JSON text of a checkpoint's body. */
function bodyOf(
  { body, pack_no, start, length }: CheckpointRow,
  packs: ReturnType<typeof createPacks>,
): string {
  return body ?? packs.read({ pack_no, start, length }).toString();
}

/** Deletes what is not kept, inside the caller's transaction. */
function createPrune(db: Db, tidyPacks: (threadNo: number) => void) {
  const notKept = `NOT IN (SELECT value ->> '$.checkpointNs', value ->> '$.checkpointId' FROM json_each(@checkpoints))`;
  const pruneWrites = db.prepare(
    `DELETE FROM writes WHERE thread_no = @threadNo AND (checkpoint_ns, checkpoint_id) ${notKept}`,
  );
  const pruneCheckpoints = db.prepare(
    `DELETE FROM checkpoints WHERE thread_no = @threadNo AND (checkpoint_ns, checkpoint_id) ${notKept}`,
  );
  const pruneBodies = ["checkpoint_bodies", "packed_bodies"].map((table) =>
    db.prepare(
      `DELETE FROM ${table} WHERE thread_no = @threadNo
         AND checkpoint_no NOT IN (SELECT checkpoint_no FROM checkpoints WHERE thread_no = @threadNo)`,
    ),
  );
  const pruneContents = ["contents", "packed_contents"].map((table) =>
    db.prepare(
      `DELETE FROM ${table} WHERE thread_no = @threadNo AND hash NOT IN (SELECT value FROM json_each(@hashes))`,
    ),
  );

  return (threadNo: number, keep: Parameters<CheckpointPort["prune"]>[1]) => {
    const kept = {
      threadNo,
      checkpoints: JSON.stringify(keep.checkpoints),
      hashes: JSON.stringify(keep.hashes),
    };
    pruneWrites.run(kept);
    const checkpoints = pruneCheckpoints.run(kept).changes;
    for (const statement of pruneBodies) statement.run(kept);
    const contents = pruneContents.reduce((sum, statement) => sum + statement.run(kept).changes, 0);
    tidyPacks(threadNo);
    return { checkpoints, contents };
  };
}
