import { setTimeout as wait } from "node:timers/promises";
import type { CustomTypesConfig, PoolClient, QueryResultRow } from "pg";
import { isCountersignError } from "../protocol/errors.ts";
import { repairAfterCrash, ServerCrashedError } from "./crash.ts";
import { toError, toFailure, unavailable } from "./failures.ts";
import { loadPg, type Pg } from "./load-pg.ts";
import type { Settings } from "./options.ts";
import { begin, createWriters, type Tried, WriterGoneError } from "./writers.ts";

/** Runs one statement and gives its rows. */
export type Query = <Row extends QueryResultRow = QueryResultRow>(
  sql: string,
  values?: unknown[],
) => Promise<Row[]>;

/** How long an operation waits for a database that is away: what a run has to record waits longest. */
export type Patience = "command" | "attempt";

/**
 * The pool, and what makes an operation survive it: each is repeated when the server took it back
 * (deadlock, serialization) or the connection broke, and yet takes effect once.
 */
export interface Database {
  /** The schema as an SQL identifier. */
  readonly s: string;
  /** Runs one statement that may run twice: a read, or a write that changes nothing the second time. */
  run: Query;
  /** Runs `work` in one transaction, at READ COMMITTED. `work` may be called again, from its start. */
  transaction<T>(work: (query: Query) => Promise<T>, patience?: Patience): Promise<T>;
  /** Runs `use` on one connection. It may be called again, and leaves no transaction open. */
  session<T>(use: (client: PoolClient) => Promise<T>): Promise<T>;
  /** Runs what carries its writer's number by itself. It may be called again. */
  once<T>(attempt: (client: PoolClient, tried: Tried) => Promise<T>, patience?: Patience): Promise<T>;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** The longest pause between two tries, in ms. */
const longestPauseMs = 500;

export async function connect(settings: Settings): Promise<Database> {
  const pg = await loadPg();
  const pool = new pg.Pool({ ...settings.client, types: toTypes(pg) });
  const s = settings.quotedSchema;
  const writers = createWriters(s);
  const patience = { command: settings.commandPatienceMs, attempt: settings.attemptPatienceMs };
  let isClosed = false;
  pool.on("error", () => {}); // an idle connection broke: the pool drops it
  pool.on("connect", (client) => client.on("error", () => {})); // its user hears of it from the query

  async function withClient<T>(use: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await pool.connect();
    let isBroken = false;
    try {
      return await use(client);
    } catch (error) {
      isBroken = toFailure(pg, error) === "lost";
      throw error;
    } finally {
      client.release(isBroken);
    }
  }

  /** Repeats `attempt` until it goes through, cannot, or the database was away for too long. */
  async function persist<T>(patienceMs: number, attempt: (client: PoolClient) => Promise<T>): Promise<T> {
    const until = performance.now() + patienceMs;
    for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        return await withClient(attempt);
      } catch (error) {
        const hasCrashed = error instanceof ServerCrashedError;
        const isPassing = hasCrashed || error instanceof WriterGoneError || toFailure(pg, error) !== "final";
        if (!isPassing) throw toError(pg, error);
        if (isClosed || performance.now() > until) throw unavailable(error);
        if (hasCrashed) await withClient((client) => repairAfterCrash(s, client)).catch(() => {});
      }
      await wait(pauseMs * (0.5 + Math.random()));
    }
  }

  async function once<T>(
    attempt: (client: PoolClient, tried: Tried) => Promise<T>,
    how: Patience = "command",
  ): Promise<T> {
    const tried: Tried = { writer: writers.take(), isSent: false };
    let isDecided = true;
    try {
      return await persist(patience[how], async (client) => {
        await writers.introduce(client, tried.writer);
        return attempt(client, tried);
      });
    } catch (error) {
      isDecided = !tried.isSent && !isCountersignError(error, "store_unavailable");
      throw error;
    } finally {
      if (isDecided) writers.giveBack(tried.writer);
    }
  }

  return {
    s,
    run: (sql, values) => persist(patience.command, (client) => toQuery(client)(sql, values)),
    session: (use) => persist(patience.command, use),
    once,
    transaction<T>(work: (query: Query) => Promise<T>, how?: Patience): Promise<T> {
      let decided: { value: T } | undefined;
      return once(async (client, tried) => {
        try {
          if (!(await begin(client, s, tried))) return (decided as { value: T }).value;
          decided = { value: await work(toQuery(client)) };
        } catch (error) {
          if (toFailure(pg, error) !== "lost") await client.query("ROLLBACK");
          throw error;
        }
        tried.isSent = true;
        await client.query("COMMIT");
        return decided.value;
      }, how);
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      await withClient((client) => writers.forget(client)).catch(() => {}); // forgotten in a week
      await pool.end();
    },
  };
}

function toQuery(client: PoolClient): Query {
  return async <Row extends QueryResultRow>(sql: string, values?: unknown[]) =>
    (await client.query<Row>(sql, values)).rows;
}

/** `bigint` as a number: ours are instants and counters, all below 2^53. */
function toTypes(pg: Pg): CustomTypesConfig {
  const bigint = 20;
  return {
    getTypeParser: (oid, format) =>
      Number(oid) === bigint ? Number : (pg.types.getTypeParser(oid, format as "text") as never),
  };
}
