import { createRequire } from "node:module";
import type pg from "pg";

export type Pg = typeof pg;

/** The driver: an optional peer, so that nobody who keeps to SQLite installs it. */
export async function loadPg(): Promise<Pg> {
  try {
    return (await import("pg")).default;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new Error("The PostgreSQL store needs the package pg. Install it: npm install pg", {
      cause: error,
    });
  }
}

/** The driver's file, for a thread that has no module of its own to import it from. */
export function pathOfPg(): string {
  return createRequire(import.meta.url).resolve("pg");
}
