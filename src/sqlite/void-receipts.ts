import type { Db } from "./connection.ts";

/** What was answered so far approves nothing any more. Inside the transaction that takes the write of the state. */
export function createVoidReceipts(db: Db): (threadNo: number) => void {
  const mark = db.prepare(
    "UPDATE interrupts SET is_void = 1 WHERE thread_no = ? AND answer IS NOT NULL AND is_void = 0",
  );
  return (threadNo) => {
    mark.run(threadNo);
  };
}
