import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Claim, NewEvent, NewRun, Store } from "../../src/core/ports.ts";
import { postgres } from "../../src/postgres/index.ts";
import { type TestDatabase, temporaryDatabase } from "../support/postgres.ts";

/** Several processes on one database, as the library is built. */

interface Peer {
  child: ChildProcess;
  ask<T>(task: string, given?: unknown): Promise<T>;
}

let database: TestDatabase;
let store: Store;
const peers: Peer[] = [];

beforeAll(async () => {
  database = await temporaryDatabase();
  store = postgres(database.url);
  await store.open();
  peers.push(...(await Promise.all([startPeer(), startPeer(), startPeer()])));
});

afterAll(async () => {
  await Promise.all(peers.map(stopPeer));
  await store.close();
  await database[Symbol.asyncDispose]();
});

async function startPeer(): Promise<Peer> {
  const script = fileURLToPath(new URL("../support/store-process.mjs", import.meta.url));
  const child = fork(script, { env: { ...process.env, STORE_URL: database.url }, execArgv: [] });
  const waiting = new Map<number, (reply: { result?: unknown; error?: string }) => void>();
  let last = 0;
  const ready = new Promise<void>((resolve) => waiting.set(0, () => resolve()));
  child.on("message", (reply: { id: number; result?: unknown; error?: string }) =>
    waiting.get(reply.id)?.(reply),
  );
  await ready;
  return {
    child,
    ask<T>(task: string, given?: unknown): Promise<T> {
      last += 1;
      const id = last;
      return new Promise((resolve, reject) => {
        waiting.set(id, ({ result, error }) => (error ? reject(new Error(error)) : resolve(result as T)));
        child.send({ id, task, given });
      });
    },
  };
}

async function stopPeer({ child, ask }: Peer): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  ask("stop").catch(() => {});
  await exit;
}

const at = 1_700_000_000_000;
const claim = { owner: "test", leaseMs: 60_000, runTimeoutMs: 600_000 };
const event = (data: unknown): NewEvent => ({
  ...{ runId: null, method: "custom", namespace: [], at },
  data: JSON.stringify(data),
});

async function accept(
  threadId: string,
  runId: string,
  { graphId = "graph", ...changes }: { graphId?: string; claim?: Claim } = {},
): Promise<void> {
  const run: NewRun = {
    ...{ runId, graphId, assistantId: "a", kind: "input", kwargs: {}, metadata: {} },
    ...{ multitaskStrategy: "enqueue", graphVersion: "v", createdAt: at },
  };
  const tells = {
    running: event("running"),
    requested: () => event("again"),
    superseded: () => event("gone"),
  };
  const actor = { id: "ana", verified: true };
  const createThread = { owner: null, metadata: {} };
  const policy = { whenOpen: "refuse", whenBusy: "enqueue" } as const;
  const outcome = await store.runs.accept({
    threadId,
    createThread,
    run,
    actor,
    ...policy,
    ...tells,
    ...changes,
  });
  expect(outcome.type).toBe("accepted");
}

const take = (owner: string, graphId: string, leaseMs: number) =>
  store.runs.claim({ ...claim, owner, leaseMs, graphIds: [graphId] }, () => event("running"));

async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  while (true) {
    const found = await look();
    if (found !== undefined) return found;
    await wait(5);
  }
}

const question = {
  ...{ interruptId: "i", taskId: "t", namespace: [], value: "?", responseSchema: null, digest: "d" },
  ...{ source: "graph" as const, effectKey: null, assignees: null, expiresAt: null },
  onExpiry: { type: "hold" as const },
};

it("of many who answer in three processes one is accepted, and all others learn which", async () => {
  for (let round = 0; round < 20; round += 1) {
    const threadId = `answers-${round}`;
    await accept(threadId, `${threadId}/run`, { claim });
    const facts = [{ type: "interrupt" as const, interrupt: question, event: event("asked") }];
    const end = { status: "success" as const, error: null, facts, reopen: [], supersede: [], at };
    await store.runs.finish({ threadId, runId: `${threadId}/run`, attempt: 1 }, end);
    const told = await Promise.all(
      peers.map(({ ask }) =>
        ask<{ actor: string; type: string; winner?: string }[]>("answer", { threadId, count: 6 }),
      ),
    );
    const outcomes = told.flat();
    const [winner, ...others] = outcomes.filter(({ type }) => type === "accepted");
    expect(others).toEqual([]);
    for (const outcome of outcomes) if (outcome !== winner) expect(outcome.winner).toBe(winner?.actor);
    const runs = await store.runs.list(threadId, { limit: 50, offset: 0 });
    expect(runs.map(({ status }) => status)).toEqual(["running", "success"]);
  }
});

it("of three processes that start a run on the same threads at once, one does on each", async () => {
  const threadIds = Array.from({ length: 30 }, (_, index) => `starts-${index}`);
  const told = await Promise.all(
    peers.map(({ ask }) => ask<string[]>("accept", { threadIds, whenBusy: "reject" })),
  );
  for (const [index] of threadIds.entries()) {
    expect(told.map((outcomes) => outcomes[index]).toSorted()).toEqual(["busy", "busy", "started"]);
  }
});

it("three workers do every run once, and never two of a thread at the same time", async () => {
  await database.query("TRUNCATE countersign.threads CASCADE");
  const threadIds = Array.from({ length: 12 }, (_, index) => `work-${index}`);
  for (const round of [1, 2, 3]) {
    for (const threadId of threadIds) await accept(threadId, `${threadId}/${round}`);
  }
  const done = await Promise.all(peers.map(({ ask }) => ask<{ runId: string; attempt: number }[]>("work")));
  const runIds = done.flat().map(({ runId }) => runId);
  expect(runIds.toSorted()).toEqual(
    threadIds.flatMap((threadId) => [1, 2, 3].map((round) => `${threadId}/${round}`)).toSorted(),
  );
  expect(done.flat().every(({ attempt }) => attempt === 1)).toBe(true);
  expect(done.every((runs) => runs.length > 0)).toBe(true);
  for (const threadId of threadIds) {
    const log = await store.log.read(threadId, 0, 100);
    const expected = [1, 2, 3].flatMap((round) => {
      const runId = `${threadId}/${round}`;
      return [{ begins: runId }, { works: runId }, { ends: runId }];
    });
    expect(log.map(({ data }) => JSON.parse(data))).toEqual(expected);
  }
});

it("a run is held while its process is stuck, and taken over when the process is dead", async () => {
  const leaseMs = 1_000;
  const stuck = await startPeer();
  try {
    expect(await stuck.ask("hold", { threadId: "held", leaseMs })).toBe("accepted");
    await stuck.ask("block");
    await accept("control", "control/run", {
      graphId: "control",
      claim: { ...claim, owner: "worker-0", leaseMs },
    });
    // Each time the control changes hands, another lease has passed.
    for (const owner of ["worker-1", "worker-2", "worker-3"]) {
      await eventually(async () => {
        expect(await take(owner, "graph", leaseMs)).toBeUndefined();
        return take(owner, "control", leaseMs);
      });
    }
  } finally {
    stuck.child.kill("SIGKILL");
  }
  const next = await eventually(() => take("worker-4", "graph", leaseMs));
  expect(next?.lease).toEqual({ threadId: "held", runId: "held/run", attempt: 2 });
});
