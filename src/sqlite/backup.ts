import { existsSync, renameSync, rmSync, statSync } from "node:fs";
import { rename } from "node:fs/promises";
import Database from "better-sqlite3";
import { CountersignError } from "../protocol/errors.ts";
import { lock } from "./connection.ts";
import { schemaVersion } from "./migrations.ts";

/**
 * Copies the database to a new file while a server may be using it; the copy is that of one instant, and is
 * checked before it gets its name.
 *
 * @returns Its size in bytes.
 * @throws `invalid_argument` when there is no database at `path`, or `to` exists; `store_unavailable` when the
 * copy is not whole.
 */
export async function backupDatabase(path: string, to: string): Promise<number> {
  if (!existsSync(path)) throw refusal(`There is no database ${path} to back up. Check COUNTERSIGN_DATA.`);
  if (existsSync(to)) throw refusal(`${to} exists already. Choose another name for the backup.`);
  const partial = `${to}.partial`;
  rmSync(partial, { force: true });
  const db = new Database(path, { readonly: true });
  try {
    await db.backup(partial);
    checkDatabase(partial);
    await rename(partial, to);
  } finally {
    db.close();
    for (const suffix of ["", "-wal", "-shm"]) rmSync(`${partial}${suffix}`, { force: true });
  }
  return statSync(to).size;
}

/**
 * Puts a backup in the place of the database. What was there is kept beside it.
 *
 * @returns Where the former database is now; undefined when there was none.
 * @throws `store_in_use` while a server runs on it; `invalid_argument` when `from` is no backup of ours.
 */
export async function restoreDatabase(from: string, path: string): Promise<string | undefined> {
  if (!existsSync(from)) throw refusal(`There is no file ${from}. Name a backup made by countersign backup.`);
  checkDatabase(from);
  const unlock = lock(path);
  try {
    const partial = `${path}.partial`;
    rmSync(partial, { force: true });
    const db = new Database(from, { readonly: true });
    await db.backup(partial).finally(() => db.close());
    const aside = existsSync(path) ? `${path}.before-restore-${Date.now()}` : undefined;
    if (aside !== undefined) {
      closeWal(path);
      renameSync(path, aside);
    }
    renameSync(partial, path);
    return aside;
  } finally {
    unlock();
  }
}

/** @throws `invalid_argument` when the file is no whole database of a version that is known here. */
function checkDatabase(path: string): void {
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { readonly: true });
    const verdict = db.pragma("integrity_check", { simple: true });
    const version = db.pragma("user_version", { simple: true }) as number;
    if (verdict !== "ok") throw refusal(`${path} is damaged: ${String(verdict)}. Use another backup.`);
    if (version < 1 || version > schemaVersion) {
      throw refusal(
        `${path} has schema ${version}, and this Countersign knows 1 to ${schemaVersion}. Use the version that wrote it.`,
      );
    }
  } catch (error) {
    if (error instanceof CountersignError) throw error;
    throw refusal(`${path} is no database of Countersign (${(error as Error).message}). Use another backup.`);
  } finally {
    db?.close();
  }
}

/** Brings what is still in the write-ahead log into the file itself, so that the file alone is all of it. */
function closeWal(path: string): void {
  const db = new Database(path);
  db.pragma("wal_checkpoint(TRUNCATE)");
  db.close();
}

function refusal(message: string): CountersignError {
  return new CountersignError("invalid_argument", message);
}
