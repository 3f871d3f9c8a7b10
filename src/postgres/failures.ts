import { CountersignError } from "../protocol/errors.ts";
import type { Pg } from "./load-pg.ts";

/**
 * What a failure means for what was asked.
 * `again`: the server took all of it back, and it may well go through the next time.
 * `lost`: the connection is gone, or the server goes down or comes up; whether a commit that was sent counts
 * is not known.
 * `final`: it will fail again.
 */
export type Failure = "again" | "lost" | "final";

/** Serialization failure, deadlock, lock not available. */
const again = new Set(["40001", "40P01", "55P03"]);

/** Too many connections, a server that shuts down or starts up, a session ended for idling, a standby. */
const lost = new Set(["53300", "57P01", "57P02", "57P03", "57P05", "25P03", "25006"]);

const networkCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ENOENT", // no socket: the server is down
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

/** What `pg` and `pg-pool` say without a code. */
const networkMessages =
  /^(Connection terminated|timeout (exceeded|expired)|Query read timeout|Client (has encountered|was closed))/;

export function toFailure(pg: Pg, error: unknown): Failure {
  if (error instanceof pg.DatabaseError) {
    const { code = "" } = error;
    if (again.has(code)) return "again";
    return lost.has(code) || code.startsWith("08") ? "lost" : "final";
  }
  if (!(error instanceof Error)) return "final";
  const { code } = error as NodeJS.ErrnoException;
  return networkCodes.has(code ?? "") || networkMessages.test(error.message) ? "lost" : "final";
}

/** The database is away, or did not get to it. */
export function unavailable(cause: unknown): CountersignError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CountersignError(
    "store_unavailable",
    `PostgreSQL does not answer (${reason}). Check that it runs and can be reached, then send this again.`,
    {},
    { cause },
  );
}

/** The disk is full, or broken; the server is out of memory. */
const exhausted = new Set(["53100", "53200", "58030"]);

/** A wrong user or password, a database that is not there, a right that is missing. */
const forbidden = new Set(["28000", "28P01", "3D000", "42501"]);

/** A text with a NUL character, a JSON text `jsonb` does not take, or one too long for an index. */
const unstorable = new Set(["22021", "22P05", "54000"]);

/** Of TLS: certificates that are not trusted, and a server that speaks none. */
const untrusted = /certificate|does not support SSL|^(DEPTH_ZERO|UNABLE_TO|CERT_|ERR_TLS|ERR_SSL)/;

/** Says it in our words where we know what to do about it. */
export function toError(pg: Pg, error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError)) {
    if (
      !(error instanceof Error) ||
      !untrusted.test(`${(error as NodeJS.ErrnoException).code} ${error.message}`)
    )
      return error;
    const what = `PostgreSQL's certificate is not accepted, or it speaks no TLS (${error.message}). Check pool.ssl of the store: its ca must be who signed the certificate.`;
    return new CountersignError("store_unavailable", what, {}, { cause: error });
  }
  if (exhausted.has(error.code ?? "")) return unavailable(error);
  if (forbidden.has(error.code ?? "")) {
    const what = `PostgreSQL refuses: ${error.message}. Check the URL of the store and what its user may do.`;
    return new CountersignError("store_unavailable", what, {}, { cause: error });
  }
  if (!unstorable.has(error.code ?? "")) return error;
  return new CountersignError(
    "invalid_argument",
    `PostgreSQL cannot store this (${error.message}). Remove NUL characters and shorten ids, then send it again.`,
    {},
    { cause: error },
  );
}
