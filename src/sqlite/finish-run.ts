import { deflateRawSync } from "node:zlib";
import type { EventRecord, Lease, RunEnd } from "../core/ports.ts";
import type { Connection, Db } from "./connection.ts";
import { createFoldEvents } from "./fold-events.ts";
import { createPackEvents } from "./pack-events.ts";
import { createPackState } from "./pack-state.ts";
import { createPacks } from "./packs.ts";
import { createFence, createWriteFacts } from "./record-facts.ts";
import { createRefreshStatus } from "./thread-status.ts";

export function createFinishRun({ db, write }: Connection) {
  const end = db.prepare(
    `UPDATE runs SET status = ?, error = ?, lease_owner = NULL, lease_until = NULL, updated_at = ? WHERE run_no = ?`,
  );
  const reopen = db.prepare(
    `UPDATE interrupts SET status = 'open', answer = NULL, answered_by = NULL, answered_at = NULL, answer_run_no = NULL
     WHERE thread_no = ? AND interrupt_id = ? AND status IN ('answered', 'expired') AND answer_run_no = ?`,
  );
  const supersede = db.prepare(
    "UPDATE interrupts SET status = 'superseded' WHERE thread_no = ? AND interrupt_id = ? AND status = 'open'",
  );
  const deflateKwargs = createDeflateKwargs(db);
  const forgetReplaced = db.prepare("DELETE FROM replaced_writes WHERE thread_no = ? AND replaced_by = ?");
  const fold = createFoldEvents(db);
  const pack = createPackEvents(db);
  const packState = createPackState(db, createPacks(db));
  const fence = createFence(db);
  const writeFacts = createWriteFacts(db);
  const refreshStatus = createRefreshStatus(db);

  return (lease: Lease, { status, error, facts, at, ...changes }: RunEnd): EventRecord[] =>
    write(() => {
      const target = fence(lease, at);
      for (const interruptId of changes.supersede) supersede.run(target.threadNo, interruptId);
      for (const interruptId of changes.reopen) reopen.run(target.threadNo, interruptId, target.runNo);
      const events = writeFacts(target, facts);
      end.run(status, error === null ? null : JSON.stringify(error), at, target.runNo);
      deflateKwargs(target.runNo);
      forgetReplaced.run(target.threadNo, target.runNo);
      fold(target.threadNo);
      pack(target.threadNo);
      packState(target.threadNo);
      refreshStatus(target.threadNo, at, error, true);
      return events;
    });
}

/** Texts below so many characters are left as they are. */
const shortText = 512;

/** What a run was given is only shown once it has ended: what is long of that is kept small. */
function createDeflateKwargs(db: Db): (runNo: number) => void {
  const kwargsOf = db.prepare<[number], string>("SELECT kwargs FROM runs WHERE run_no = ?").pluck();
  const replace = db.prepare("UPDATE runs SET kwargs = '', deflated_kwargs = ? WHERE run_no = ?");
  return (runNo) => {
    const kwargs = kwargsOf.get(runNo) ?? "";
    if (kwargs.length >= shortText) replace.run(deflateRawSync(kwargs), runNo);
  };
}
