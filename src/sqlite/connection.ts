import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { CountersignError } from "../protocol/errors.ts";
import { canonicalJson } from "../protocol/json.ts";
import { toStoreError } from "./failures.ts";
import { migrate } from "./migrations.ts";

export type Db = Database.Database;

/** How hard a transaction is pressed to disk: facts survive a power cut, deltas survive a killed process. */
export type Durability = "fact" | "delta";

export interface Connection {
  readonly db: Db;
  /**
   * Runs `fn` in one write transaction. With `delta`, the commit is not synchronised to the disk.
   *
   * @throws `store_unavailable` when the disk is full or fails; then nothing was written.
   */
  write<T>(fn: () => T, durability?: Durability): T;
  close(): void;
}

/**
 * Opens the database in WAL mode and takes the directory for this process.
 *
 * @throws `store_in_use` when another process holds it; the lock is the operating system's, so a killed
 * process leaves none behind.
 */
export function connect(path: string): Connection {
  if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
  const unlock = path === ":memory:" ? () => {} : lock(path);
  let db: Db;
  try {
    db = new Database(path);
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    db.pragma("foreign_keys = ON");
    db.function("canonical_member", { deterministic: true }, canonicalMember);
    db.pragma("cache_size = -65536");
    db.pragma("wal_autocheckpoint = 4000");
    migrate(db);
  } catch (error) {
    unlock();
    throw error;
  }
  let level: Durability = "fact";
  return {
    db,
    write(fn, durability = "fact") {
      if (durability !== level) {
        db.pragma(durability === "fact" ? "synchronous = FULL" : "synchronous = NORMAL");
        level = durability;
      }
      try {
        return db.transaction(fn).immediate();
      } catch (error) {
        throw toStoreError(error);
      }
    },
    close() {
      db.close();
      unlock();
    },
  };
}

/** The canonical JSON of one member of a JSON object, null when it has none: what is equal has the same text. */
function canonicalMember(object: unknown, key: unknown): string | null {
  const members = JSON.parse(String(object)) as Record<string, unknown>;
  return Object.hasOwn(members, String(key)) ? canonicalJson(members[String(key)]) : null;
}

/** Takes a database for this process; returns how to give it up. @throws `store_in_use` */
export function lock(path: string): () => void {
  const pidFile = `${path}.pid`;
  const guard = new Database(`${path}.lock`, { timeout: 0 });
  try {
    guard.pragma("locking_mode = EXCLUSIVE");
    guard.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    guard.close();
    if ((error as { code?: string }).code !== "SQLITE_BUSY") throw error;
    throw new CountersignError(
      "store_in_use",
      `${path} is in use by another Countersign process${readPid(pidFile)}. Stop that one, or choose another data directory.`,
    );
  }
  writeFileSync(pidFile, String(process.pid));
  return () => guard.close();
}

function readPid(file: string): string {
  try {
    return ` (pid ${readFileSync(file, "utf8").trim()})`;
  } catch {
    return "";
  }
}
