import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Lease, NewEvent, NewRun, RunRecord, Store } from "../../src/core/ports.ts";
import { postgres } from "../../src/postgres/index.ts";
import { type TestDatabase, temporaryDatabase } from "../support/postgres.ts";
import { type Cut, createProxy, type DatabaseProxy } from "../support/postgres-proxy.ts";

/** Each command, with the connection broken at each of its requests, in each way: it takes effect once. */

let database: TestDatabase;
let proxy: DatabaseProxy;
let store: Store;
let direct: Store;
let count = 0;

beforeAll(async () => {
  database = await temporaryDatabase();
  const [row] = await database.query<{ name: string }>("SELECT current_database() AS name");
  await database.query(`ALTER DATABASE ${row?.name} SET lock_timeout = '10ms'`); // a repetition waits longer
  proxy = await createProxy(database.url);
  store = postgres(proxy.url, { pool: { max: 2 } });
  direct = postgres(database.url);
  await Promise.all([store.open(), direct.open()]);
});

afterAll(async () => {
  await Promise.all([store.close(), direct.close()]);
  await proxy[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const claim = { owner: "worker", leaseMs: 60_000, runTimeoutMs: 600_000 };
const actor = { id: "ana", verified: true };
const at = 1_700_000_000_000;
const event = (data: string): NewEvent => ({
  runId: null,
  method: "custom",
  namespace: [],
  at,
  data: `"${data}"`,
});
const requested = () => event("again");

function newRun(kind: NewRun["kind"] = "input"): NewRun {
  count += 1;
  const rest = { graphId: "graph", assistantId: "a", kwargs: {}, metadata: {}, graphVersion: "v" };
  return { ...rest, runId: `run-${count}`, kind, multitaskStrategy: "enqueue", createdAt: at };
}

function accept(through: Store, threadId: string, run = newRun(), changes = {}) {
  const createThread = { owner: null, metadata: {} };
  const tells = { running: event("running"), requested, superseded: () => event("superseded") };
  const policy = { whenOpen: "refuse", whenBusy: "enqueue" } as const;
  return through.runs.accept({ threadId, createThread, run, actor, ...policy, ...tells, claim, ...changes });
}

async function start(threadId: string): Promise<Lease> {
  const outcome = await accept(direct, threadId);
  if (outcome.type !== "accepted" || !outcome.started) throw new Error("not started");
  return toLease(outcome.run);
}

const toLease = ({ threadId, runId, attempt }: RunRecord): Lease => ({ threadId, runId, attempt });

const ending = { status: "success" as const, error: null, reopen: [], supersede: [], at };

const question = {
  type: "interrupt" as const,
  event: event("asked"),
  interrupt: {
    ...{ interruptId: "i", taskId: "t", namespace: [], value: "?", responseSchema: null, digest: "d" },
    ...{ source: "graph" as const, effectKey: null, assignees: ["ana"], expiresAt: null },
    onExpiry: { type: "hold" as const },
  },
};

async function ask(threadId: string): Promise<void> {
  const lease = await start(threadId);
  await direct.runs.finish(lease, { ...ending, facts: [question] });
}

function answer(threadId: string) {
  const [answers, run] = [[{ interruptId: "i", value: "yes" }], newRun("resume")];
  const tells = { answered: event("answered"), running: event("running") };
  return store.interrupts.answer({ threadId, actor, at, answers, run, claim, ...tells });
}

const log = async (threadId: string) =>
  (await direct.log.read(threadId, 0, 100)).map(({ seq, data }) => [seq, JSON.parse(data)]);

/** What is done over the connection that breaks, and what must be true after. */
type Scenario = (
  threadId: string,
) => Promise<{ act: () => Promise<unknown>; check: (result: never) => Promise<void> }>;

const scenarios: Record<string, Scenario> = {
  "threads.create": async (threadId) => ({
    act: () => store.threads.create({ threadId, owner: null, metadata: {}, at }),
    check: async (result: { created: boolean }) => expect(result.created).toBe(true),
  }),

  "runs.accept": async (threadId) => {
    const run = newRun();
    return {
      act: () => accept(store, threadId, run, { idempotencyKey: "k" }),
      async check(result: unknown) {
        expect(result).toMatchObject({ type: "accepted", started: true, seq: 1, events: [{ seq: 1 }] });
        expect(await direct.runs.list(threadId, { limit: 9, offset: 0 })).toHaveLength(1);
        expect(await log(threadId)).toEqual([[1, "running"]]);
      },
    };
  },

  "interrupts.answer": async (threadId) => {
    await ask(threadId);
    return {
      act: () => answer(threadId),
      async check(result: unknown) {
        expect(result).toMatchObject({ type: "accepted", started: true, seq: 4 });
        expect(await direct.runs.list(threadId, { limit: 9, offset: 0 })).toHaveLength(2);
        expect(await log(threadId)).toEqual([
          [1, "running"],
          [2, "asked"],
          [3, "answered"],
          [4, "running"],
        ]);
      },
    };
  },

  "runs.claim": async (threadId) => {
    await accept(direct, threadId, newRun(), { claim: undefined });
    return {
      act: () => store.runs.claim({ ...claim, graphIds: ["graph"] }, () => event("running")),
      async check(result: { lease: Lease } | undefined) {
        expect(result?.lease).toMatchObject({ threadId, attempt: 1 });
        expect(await log(threadId)).toEqual([[1, "running"]]);
        expect((await direct.runs.review([result?.lease as Lease])).lost).toEqual([]);
      },
    };
  },

  "runs.record of deltas": async (threadId) => {
    const lease = await start(threadId);
    const facts = ["a", "b"].map((data) => ({ type: "event" as const, event: event(data) }));
    return {
      act: () => store.runs.record(lease, facts),
      async check(result: unknown) {
        expect(result).toMatchObject([{ seq: 2 }, { seq: 3 }]);
        expect((await log(threadId)).map(([, data]) => data)).toEqual(["running", "a", "b"]);
      },
    };
  },

  "runs.record of facts": async (threadId) => {
    const lease = await start(threadId);
    return {
      act: () => store.runs.record(lease, [question, { type: "event", event: event("a") }]),
      async check(result: unknown) {
        expect(result).toMatchObject([{ seq: 2 }, { seq: 3 }]);
        expect(await log(threadId)).toEqual([
          [1, "running"],
          [2, "asked"],
          [3, "a"],
        ]);
      },
    };
  },

  "runs.finish": async (threadId) => {
    const lease = await start(threadId);
    return {
      act: () => store.runs.finish(lease, { ...ending, facts: [{ type: "event", event: event("over") }] }),
      async check(result: unknown) {
        expect(result).toMatchObject([{ seq: 2 }]);
        expect(await log(threadId)).toEqual([
          [1, "running"],
          [2, "over"],
        ]);
        expect((await direct.runs.find(threadId, lease.runId))?.status).toBe("success");
      },
    };
  },

  "runs.requestCancel": async (threadId) => {
    await ask(threadId);
    const run = newRun("resume");
    const tells = { answered: event("answered"), running: event("running") };
    const answers = [{ interruptId: "i", value: "yes" }];
    await direct.interrupts.answer({ threadId, actor, at, answers, run, ...tells });
    return {
      act: () => store.runs.requestCancel(threadId, undefined, { action: "interrupt", at, requested }),
      async check(result: unknown) {
        expect(result).toMatchObject({ ended: [run.runId], asked: [], reopened: [{ seq: 4 }] });
        expect((await log(threadId)).slice(3)).toEqual([[4, "again"]]);
      },
    };
  },

  "runs.release": async (threadId) => {
    const lease = await start(threadId);
    return {
      act: () => store.runs.release([lease]),
      check: async () => expect((await direct.runs.review([lease])).lost).toEqual([lease]),
    };
  },

  "interrupts.close": async (threadId) => {
    await ask(threadId);
    return {
      act: () => store.interrupts.close(threadId, ["i"], { status: "cancelled", at, event: event("closed") }),
      async check(result: unknown) {
        expect(result).toMatchObject([{ seq: 3 }]);
        expect((await log(threadId)).slice(2)).toEqual([[3, "closed"]]);
      },
    };
  },

  "log.append": async (threadId) => {
    await direct.threads.create({ threadId, owner: null, metadata: {}, at });
    return {
      act: () => store.log.append(threadId, [event("a")]),
      async check(result: unknown) {
        expect(result).toMatchObject([{ seq: 1 }]);
        expect(await log(threadId)).toEqual([[1, "a"]]);
      },
    };
  },

  "checkpoints.record": async (threadId) => {
    await direct.threads.create({ threadId, owner: null, metadata: {}, at });
    return {
      act: () => store.checkpoints.record(threadId, [{ type: "event", event: event("a") }], at),
      check: async () => expect(await log(threadId)).toEqual([[1, "a"]]),
    };
  },

  "effects.start": async (threadId) => {
    const lease = await start(threadId);
    return {
      act: () => store.effects.start(lease, { key: "e", namespace: "", idempotent: false, about: null, at }),
      async check(result: unknown) {
        expect(result).toBeUndefined();
        expect(await direct.effects.listUnsettled(threadId)).toMatchObject([{ key: "e", attempt: 1 }]);
      },
    };
  },

  "threads.delete": async (threadId) => {
    await direct.threads.create({ threadId, owner: null, metadata: {}, at });
    return {
      act: () => store.threads.delete(threadId),
      check: async (result: unknown) => expect(result).toBe(true),
    };
  },
};

describe.each(Object.keys(scenarios))("%s takes effect once", (name) => {
  it.each<Cut>(["lost", "unanswered", "late"])("when any one of its requests is %s", async (how) => {
    let request = 0;
    do {
      request += 1;
      count += 1;
      const { act, check } = await (scenarios[name] as Scenario)(`thread-${count}`);
      proxy.cutAt(request, how);
      const result = await act();
      await check(result as never);
    } while (proxy.hasCut());
    expect(request).toBeGreaterThan(1);
  });
});
