import type { NewCheckpoint } from "../core/ports.ts";
import type { Db } from "./connection.ts";

/** Inserts a checkpoint inside the caller's transaction; one of the same id takes its place. */
export function createInsertCheckpoint(db: Db) {
  const insert = db
    .prepare<[Record<string, unknown>], number>(
      `INSERT INTO checkpoints (thread_no, checkpoint_ns, checkpoint_id, parent_id, run_no, metadata)
       VALUES (@threadNo, @checkpointNs, @checkpointId, @parentId, @runNo, @metadata)
       ON CONFLICT DO UPDATE SET parent_id = excluded.parent_id, metadata = excluded.metadata
       RETURNING checkpoint_no`,
    )
    .pluck();
  const setBody = db.prepare(
    `INSERT INTO checkpoint_bodies (thread_no, checkpoint_no, body) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET body = excluded.body`,
  );
  const unpack = db.prepare("DELETE FROM packed_bodies WHERE thread_no = ? AND checkpoint_no = ?");
  return (
    { threadNo, runNo }: { threadNo: number; runNo: number | null },
    { checkpointNs, checkpointId, parentId, metadata, body }: Omit<NewCheckpoint, "contents">,
  ): void => {
    const key = { threadNo, checkpointNs, checkpointId };
    const checkpointNo = insert.get({ ...key, parentId, runNo, metadata: JSON.stringify(metadata) });
    setBody.run(threadNo, checkpointNo, JSON.stringify(body));
    unpack.run(threadNo, checkpointNo);
  };
}
