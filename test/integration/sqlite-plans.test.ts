import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sqlite } from "../../src/sqlite/index.ts";
import { storeContract } from "../../src/testing/index.ts";
import { temporaryDirectory } from "../support/serve.ts";

/** How SQLite runs every statement that the store makes while it does all that its contract names. */
const plans = new Map<string, string[]>();
const { prepare } = Database.prototype;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let made = 0;

async function makeStore() {
  made += 1;
  const store = sqlite(join(directory.path, `${made}.db`));
  await store.open();
  return store;
}

beforeAll(async () => {
  directory = await temporaryDirectory();
  Database.prototype.prepare = function explained(this: Database.Database, sql: string): Database.Statement {
    if (!plans.has(sql) && /^\s*(SELECT|UPDATE|DELETE|INSERT|WITH)/i.test(sql)) {
      const text = `EXPLAIN QUERY PLAN ${sql.replaceAll(/@\w+|\?/g, "1")}`;
      const rows = (prepare.call(this, text) as Database.Statement<[]>).all() as { detail: string }[];
      plans.set(
        sql,
        rows.map(({ detail }) => detail),
      );
    }
    return prepare.call(this, sql);
  } as typeof prepare;
  for (const { run } of storeContract) await run({ makeStore });
  const store = await makeStore();
  const page = { sortBy: "updated_at", sortOrder: "desc", limit: 10, offset: 0 } as const;
  await store.threads.search({ ...page, owner: "ana" });
  await store.threads.search({ ...page, owner: "ana", metadata: { kind: "x" } });
  await store.threads.listRecent({ owner: "ana", before: { updatedAt: 1, threadId: "t" }, limit: 10 });
  await store.close();
});

afterAll(async () => {
  Database.prototype.prepare = prepare;
  await directory[Symbol.asyncDispose]();
});

/** Scans that do not grow with the data, or only with what is asked for. */
const harmless = [
  /^SCAN json_each/,
  /^SCAN (m|few|value|CONSTANT ROW|waiting|new|old)\b/, // members of one object, and tables of the statement's own
  /^SCAN \(/,
  /^SCAN (runs|r) USING (COVERING )?INDEX (one_active_run|runs_ready|runs_ready_of_thread)$/, // hold nothing else
  /^SCAN (assistants|crons|c|a)( USING .*)?$/, // as many as people have set up
];

/** Statements that read a whole table, and why they may. */
const whole: [statement: RegExp, why: string][] = [
  [
    /ORDER BY (updated_at|created_at|thread_id) (ASC|DESC), (thread_no|thread_id) DESC LIMIT/,
    "in order, up to its limit",
  ],
  [
    /ORDER BY (state_updated_at|status) (ASC|DESC), thread_no DESC LIMIT/,
    "an order that no client asks for by itself",
  ],
  [/^SELECT count\(\*\) FROM threads WHERE true$/, "how many there are in all"],
  [
    /canonical_member\(metadata, \?\) = \?/,
    "metadata that is an object, a list or no plain text: one by one",
  ],
];

test("no statement reads a whole table, but those that say why", () => {
  const found = [...plans].flatMap(([sql, details]) => {
    const statement = sql.replaceAll(/\s+/g, " ").trim();
    const scans = details.filter((one) => one.startsWith("SCAN") && !harmless.some((fine) => fine.test(one)));
    const isExplained = whole.some(([pattern]) => pattern.test(statement));
    return scans.length === 0 || isExplained ? [] : [{ statement, scans }];
  });
  expect(found).toEqual([]);
  expect(plans.size).toBeGreaterThan(150);
});

const planOf = (pattern: RegExp) =>
  [...plans]
    .filter(([sql]) => pattern.test(sql.replaceAll(/\s+/g, " ")))
    .map(([, details]) => details.join("; "));

test.each([
  ["the next run", /WHERE r\.ready = 1 AND r\.graph_id = \?/, /USING INDEX runs_ready \(graph_id=\?\)/],
  [
    "threads that have expired",
    /FROM threads t WHERE ttl_ms IS NOT NULL AND updated_at/,
    /INDEX threads_expiring/,
  ],
  [
    "an owner's threads",
    /FROM threads WHERE true AND owner = \? ORDER BY updated_at/,
    /INDEX threads_by_owner \(owner=\?\)/,
  ],
  [
    "the threads after a place",
    /FROM threads WHERE true AND updated_at <= \? AND .*thread_id < \?\) ORDER BY updated_at/,
    /INDEX threads_by_update \(updated_at<\?\).*LAST TERM OF ORDER BY/,
  ],
  [
    "an owner's threads after a place",
    /FROM threads WHERE true AND updated_at <= \? AND .* AND owner = \? ORDER BY/,
    /INDEX threads_by_owner \(owner=\?( AND updated_at<\?)?\).*LAST TERM OF ORDER BY/,
  ],
  [
    "a thread's effects",
    /FROM effects e JOIN runs r .* LIMIT \? OFFSET/,
    /effects_pkey|PRIMARY KEY|sqlite_autoindex_effects/,
  ],
  [
    "threads by metadata",
    /AS few CROSS JOIN threads/,
    /SEARCH thread_metadata USING PRIMARY KEY \(key=\? AND value=\?\)/,
  ],
  ["runs whose time has come", /not_before <= \? AND status = 'pending' LIMIT/, /INDEX runs_delayed/],
  ["questions that are due", /i\.expires_at <= \?/, /INDEX interrupts_due/],
  [
    "what is on of a thread, and waits",
    /WHERE thread_no = \? AND status IN \('pending', 'running'\)/,
    /INDEX runs_unfinished_of_thread \(thread_no=\?\)/,
  ],
  [
    "a thread's status",
    /UPDATE threads SET updated_at = max\(updated_at, @at\), state_updated_at/,
    /SEARCH r USING INDEX runs_unfinished_of_thread \(thread_no=\?\)/,
  ],
  ["the inbox of an owner", /i\.owner = @owner .*ORDER BY/, /INDEX interrupts_open_of_owner/],
  [
    "an owner's inbox as somebody sees it",
    /i\.owner = @owner .*s\.assignee .*ORDER BY/,
    /SEARCH i USING INDEX interrupts_open_of_owner \(owner=\? AND interrupt_no<\?\)(?!.*TEMP B-TREE FOR ORDER)/,
  ],
])("%s: by an index, and in its order", (_what, statement, index) => {
  const found = planOf(statement);
  expect(found.length).toBeGreaterThan(0);
  for (const plan of found) expect(plan).toMatch(index);
});

test("claiming, and finding what many threads have, sort nothing", () => {
  const [next] = planOf(/WHERE r\.ready = 1 AND r\.graph_id = \?/);
  expect(next).not.toMatch(/TEMP B-TREE/);
});

test("a search by metadata that many threads have finds the newest, as one that few have does", async () => {
  const store = await makeStore();
  const db = new Database(join(directory.path, `${made}.db`));
  db.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
    INSERT INTO threads (thread_id, created_at, updated_at, state_updated_at, metadata)
    SELECT 't' || i, i, i, i, json_object('kind', 'common', 'rest', i % 500) FROM n`);
  db.close();
  const sort = { sortBy: "updated_at", sortOrder: "desc", limit: 3, offset: 0 } as const;
  const ids = async (metadata: Record<string, string | number>) =>
    (await store.threads.search({ ...sort, metadata })).map(({ threadId }) => threadId);
  expect(await ids({ kind: "common" })).toEqual(["t1500", "t1499", "t1498"]);
  expect(await ids({ kind: "common", rest: 7 })).toEqual(["t1007", "t507", "t7"]);
  expect(await store.threads.count({ metadata: { kind: "common" } })).toBe(1_500);
  // What the index cannot hold as it is: found all the same.
  const odd = { metadata: { kind: "\0\ud800" } };
  await store.threads.create({ threadId: "odd", owner: null, at: 1, ...odd });
  expect((await store.threads.search({ ...sort, ...odd })).map(({ threadId }) => threadId)).toEqual(["odd"]);
  await store.close();
});
