import { CountersignError } from "../protocol/errors.ts";

/**
 * SQLite's errors that are the machine's fault: the same may well go through later. `SQLITE_BUSY` and
 * `SQLITE_LOCKED` come from others who look into the file, such as a backup.
 */
const passing = /^SQLITE_(FULL|IOERR|CANTOPEN|READONLY|NOMEM|BUSY|LOCKED|PROTOCOL)/;

/** Says it in our words where the machine is at fault; anything else as it is. */
export function toStoreError(error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message?: string };
  if (typeof code !== "string" || !passing.test(code)) return error;
  const isFull = code.startsWith("SQLITE_FULL");
  const cause = isFull ? "The disk is full" : `The database cannot be written (${code}: ${message})`;
  return new CountersignError(
    "store_unavailable",
    `${cause}. Nothing of this was recorded. ${isFull ? "Make space" : "See to the disk"}, then send it again.`,
    {},
    { cause: error },
  );
}
