/** Settings of the PostgreSQL store. */
export interface PostgresOptions {
  /** `postgresql://…`; without it, what `pg` makes of `pool` and of the `PG…` variables. */
  url?: string;
  /** Everything `pg.Pool` takes: `max`, `ssl`, `connectionTimeoutMillis`, `application_name`, … */
  pool?: PoolOptions;
  /** The schema its tables live in; made when it is not there. Default `countersign`. */
  schema?: string;
  /** Where to LISTEN when `url` leads to a pooler in transaction mode, behind which nobody can. Default `url`. */
  listenUrl?: string;
  /**
   * How long what a run has to record waits for a database that is away, in ms, before the run is given up
   * with `store_unavailable`. Everything else waits a tenth of it. Default 60,000.
   */
  outageMs?: number;
}

/** Options of `pg.Pool`; the ones that are often set by name, any other as it is. */
export interface PoolOptions {
  /** Connections at most. Default 10. */
  max?: number;
  /** How long to wait for a connection, in ms. Default 5,000. */
  connectionTimeoutMillis?: number;
  /** How long to wait for a reply before the connection counts as dead, in ms. Default 30,000. */
  query_timeout?: number;
  idleTimeoutMillis?: number;
  application_name?: string;
  [option: string]: unknown;
}

/** Settings with their defaults. */
export interface Settings {
  client: PoolOptions;
  listenUrl: string | undefined;
  /** The schema's name, as it is and as an SQL identifier. */
  schema: string;
  quotedSchema: string;
  attemptPatienceMs: number;
  commandPatienceMs: number;
}

/** @throws TypeError for a schema PostgreSQL could not have. */
export function toSettings(given: string | PostgresOptions, more: PostgresOptions): Settings {
  const options = typeof given === "string" ? { ...more, url: given } : { ...given, ...more };
  const { url, pool = {}, schema = "countersign", listenUrl, outageMs = 60_000 } = options;
  if (schema === "" || schema.includes("\0") || Buffer.byteLength(schema) > 63) {
    throw new TypeError(`"${schema}" is no name for a schema. Choose one of 1 to 63 bytes.`);
  }
  return {
    client: {
      connectionTimeoutMillis: 5_000,
      query_timeout: 30_000,
      keepAlive: true,
      application_name: "countersign",
      ...pool,
      ...(url === undefined ? {} : { connectionString: url }),
    },
    listenUrl,
    schema,
    quotedSchema: `"${schema.replaceAll('"', '""')}"`,
    attemptPatienceMs: outageMs,
    commandPatienceMs: outageMs / 10,
  };
}
