import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { EventRecord, Lease, NewEvent, Store } from "../../src/core/ports.ts";
import { createServer } from "../../src/http/index.ts";
import { listen } from "../../src/node/index.ts";
import { type PostgresOptions, postgres } from "../../src/postgres/index.ts";
import { openEvents } from "../support/command.ts";
import { temporaryCluster } from "../support/postgres.ts";

/** A server that goes away and comes back, under stores that are at work. */

let cluster: Awaited<ReturnType<typeof temporaryCluster>>;
let count = 0;

beforeAll(async () => {
  // What is not waited for stays in memory for long: a crash is sure to take it back.
  cluster = await temporaryCluster({ wal_writer_delay: "10s" });
});

afterAll(() => cluster[Symbol.asyncDispose]());

/** Opens a store with a schema of its own, or another one on it. */
async function open(schema: string, options: PostgresOptions = {}): Promise<Store & AsyncDisposable> {
  const store = postgres(cluster.url("test"), { schema, ...options });
  await store.open();
  return Object.create(store, { [Symbol.asyncDispose]: { value: () => store.close() } });
}

function newSchema(): string {
  count += 1;
  return `schema ${count}`;
}

const at = 1_700_000_000_000;
const event = (data: unknown): NewEvent => ({
  ...{ runId: null, method: "custom", namespace: [], at },
  data: JSON.stringify(data),
});
const delta = (data: unknown) => ({ type: "event" as const, event: event(data) });
const checkpoint = (checkpointId: string) => ({
  type: "checkpoint" as const,
  checkpoint: { checkpointNs: "", checkpointId, parentId: null, metadata: {}, body: {}, contents: [] },
});

async function start(store: Store, threadId: string): Promise<Lease> {
  const run = {
    ...{ runId: `${threadId}/run`, graphId: "graph", assistantId: "a", kind: "input" as const, kwargs: {} },
    ...{ metadata: {}, multitaskStrategy: "enqueue" as const, graphVersion: "v", createdAt: at },
  };
  const outcome = await store.runs.accept({
    threadId,
    createThread: { owner: null, metadata: {} },
    run,
    actor: { id: "ana", verified: true },
    whenOpen: "refuse",
    whenBusy: "reject",
    claim: { owner: "worker", leaseMs: 60_000, runTimeoutMs: 600_000 },
    running: event("running"),
    requested: () => event("again"),
    superseded: () => event("superseded"),
  });
  if (outcome.type !== "accepted") throw new Error(outcome.type);
  return { threadId, runId: run.runId, attempt: outcome.run.attempt };
}

const dataOf = (events: EventRecord[]) => events.map(({ data }) => JSON.parse(data) as unknown);

/** Asks again until there is something. */
async function eventually<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  while (true) {
    const found = await look();
    if (found !== undefined) return found;
    await wait(5);
  }
}

async function query(sql: string): Promise<pg.QueryResultRow[]> {
  const client = new pg.Client(cluster.url("test"));
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

it("a server that restarts or crashes under writers and readers takes back no fact, and doubles nothing", async () => {
  const schema = newSchema();
  await using store = await open(schema);
  await using other = await open(schema);
  const lease = await start(store, "t");
  const facts: [number, number][] = [];
  const seen = new Map<number, string>();
  let isOver = false;

  const write = async (writer: Store, name: string) => {
    for (let round = 0; !isOver; round += 1) {
      const recorded =
        name === "run"
          ? await writer.runs.record(lease, [delta([name, round]), checkpoint(`${round}`)])
          : await writer.log.append("t", [event([name, round])]);
      facts.push(...recorded.map(({ seq }): [number, number] => [seq, round]));
      await writer.runs.record(lease, [delta(["delta", name, round])]);
    }
  };
  const read = async () => {
    let cursor = 0;
    while (!isOver) {
      for (const { seq, data } of await other.log.read("t", cursor, 50)) {
        expect(seen.has(seq)).toBe(false);
        seen.set(seq, data);
        cursor = seq;
      }
      await wait(1);
    }
  };
  const disturb = async () => {
    for (const mode of ["fast", "crash", "crash"] as const) {
      const before = facts.length;
      await eventually(() => (facts.length > before + 10 ? true : undefined));
      await cluster.stop(mode);
      await cluster.start();
    }
    const before = facts.length;
    await eventually(() => (facts.length > before + 10 ? true : undefined));
    isOver = true;
  };
  await Promise.all([write(store, "run"), write(other, "log"), read(), disturb()]);

  const log = await store.log.read("t", 0, 100_000);
  const stored = new Map(log.map(({ seq, data }) => [seq, data]));
  for (const [seq] of facts) expect(stored.has(seq)).toBe(true);
  expect(new Set(dataOf(log).map((data) => JSON.stringify(data))).size).toBe(log.length);
  for (const [seq, data] of seen) {
    // What a reader was shown is there, or a crash took it back; nothing else ever has its seq.
    if (stored.has(seq)) expect(stored.get(seq)).toBe(data);
    else expect(data).toContain("delta");
  }
});

it("after a crash no seq is given twice, though the last deltas are gone", async () => {
  await using store = await open(newSchema());
  const lease = await start(store, "t");
  await store.runs.record(lease, [delta("fact"), checkpoint("1")]);
  const lost = await store.runs.record(lease, [delta("lost 1"), delta("lost 2")]);
  const shown = await store.log.read("t", 0, 10);
  expect(dataOf(shown)).toEqual(["running", "fact", "lost 1", "lost 2"]);
  await cluster.stop("crash");
  await cluster.start();
  expect(dataOf(await store.log.read("t", 0, 10))).toEqual(["running", "fact"]);
  const [next] = await store.log.append("t", [event("next")]);
  const [later] = await store.runs.record(lease, [delta("later")]);
  const last = lost.at(-1)?.seq ?? 0;
  expect(next?.seq).toBeGreaterThan(last);
  expect(later?.seq).toBeGreaterThan(next?.seq ?? 0);
  expect(dataOf(await store.log.read("t", last, 10))).toEqual(["next", "later"]);
});

it("a clean restart leaves no gap", async () => {
  await using store = await open(newSchema());
  const lease = await start(store, "t");
  await store.runs.record(lease, [delta("a")]);
  await cluster.stop("fast");
  await cluster.start();
  const [event] = await store.runs.record(lease, [delta("b")]);
  expect(event?.seq).toBe(3);
});

it("while the server is away commands say so, and go through again when it is back", async () => {
  await using store = await open(newSchema(), { outageMs: 300 });
  const lease = await start(store, "t");
  await cluster.stop("fast");
  const unavailable = expect.objectContaining({ code: "store_unavailable", status: 503 });
  await expect(store.threads.find("t")).rejects.toEqual(unavailable);
  await expect(store.log.append("t", [event("x")])).rejects.toEqual(unavailable);
  await expect(store.runs.claim({ ...claim, graphIds: ["graph"] }, () => event("r"))).rejects.toEqual(
    unavailable,
  );
  await expect(store.runs.record(lease, [delta("x")])).rejects.toEqual(unavailable);
  const late = postgres(cluster.url("test"), { outageMs: 300 });
  await expect(late.open()).rejects.toEqual(unavailable);
  await late.close();
  await cluster.start();
  await store.log.append("t", [event("y")]);
  expect(dataOf(await store.log.read("t", 0, 10))).toEqual(["running", "y"]);
});

const claim = { owner: "other", leaseMs: 60_000, runTimeoutMs: 600_000 };

it("what a run has to record waits for the server, and is recorded once", async () => {
  await using store = await open(newSchema());
  const lease = await start(store, "t");
  await cluster.stop("crash");
  const recording = [
    store.runs.record(lease, [delta("a")]),
    store.effects.start(lease, { key: "e", namespace: "", idempotent: false, about: null, at }),
  ];
  await cluster.start();
  expect(await Promise.all(recording)).toMatchObject([[{ data: '"a"' }], undefined]);
  expect(dataOf(await store.log.read("t", 0, 10))).toEqual(["running", "a"]);
});

it("connections that were ended while they idled are not noticed", async () => {
  await using store = await open(newSchema());
  await Promise.all(Array.from({ length: 8 }, (_, index) => start(store, `t${index}`)));
  for (let round = 0; round < 5; round += 1) {
    await query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'countersign'",
    );
    await Promise.all(Array.from({ length: 8 }, (_, index) => store.log.append(`t${index}`, [event(round)])));
  }
  expect(dataOf(await store.log.read("t0", 1, 10))).toEqual([0, 1, 2, 3, 4]);
});

it("hints are heard again after a restart", async () => {
  const schema = newSchema();
  await using store = await open(schema);
  await using other = await open(schema);
  let heard = 0;
  const stop = other.notifier?.listen(() => {
    heard += 1;
  });
  const hear = () => {
    const before = heard;
    return eventually(() => {
      store.notifier?.notify("t");
      return heard > before ? true : undefined;
    });
  };
  await hear();
  await cluster.stop("fast");
  await cluster.start();
  await hear();
  stop?.();
});

it("a reader hears of what was committed while its process heard no hints", async () => {
  const schema = newSchema();
  await using writer = await open(schema);
  const server = createServer({
    graphs: {},
    store: postgres(cluster.url("test"), { schema }),
    report: () => {},
  });
  const { url, stop } = await listen(server, { port: 0, host: "127.0.0.1" });
  await writer.threads.create({ threadId: "t", owner: null, metadata: {}, at });
  await writer.log.append("t", [event({ payload: "before" })]);
  await using stream = openEvents(url, "t", { channels: ["custom"] });
  expect((await stream.events.next()).value).toMatchObject({ params: { data: { payload: "before" } } });
  // The store of the writer gives no hints: only core does.
  const next = stream.events.next();
  await writer.log.append("t", [event({ payload: "unheard" })]);
  await query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ '^(LISTEN|SELECT 1$)' AND pid <> pg_backend_pid()",
  );
  expect((await next).value).toMatchObject({ params: { data: { payload: "unheard" } } });
  await stop();
});

it("a lease that ran out while the server was away counts from its return", async () => {
  const schema = newSchema();
  await using store = await open(schema);
  await start(store, "t");
  await query(`UPDATE "${schema}".runs SET lease_until = '-infinity', lease_ms = 3600000`);
  await cluster.stop("fast");
  await cluster.start();
  const take = () => store.runs.claim({ ...claim, graphIds: ["graph"] }, () => event("running"));
  expect(await take()).toBeUndefined();
  await query(`UPDATE "${schema}".runs SET lease_ms = 1`);
  expect((await take())?.lease.attempt).toBe(2);
});
