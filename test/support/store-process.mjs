// One process of several on one database: does what its parent says, and tells what came of it.
import { postgres } from "countersign/postgres";

const store = postgres(process.env.STORE_URL, { pool: { max: 6 } });
await store.open();

const { pid } = process;
const at = 1_700_000_000_000;
const event = (data, runId = null) => ({
  runId,
  method: "custom",
  namespace: [],
  at,
  data: JSON.stringify(data),
});
const newRun = (runId, kind) => ({
  ...{ runId, kind, graphId: "graph", assistantId: "a", kwargs: {}, metadata: {} },
  ...{ multitaskStrategy: "enqueue", graphVersion: "v", createdAt: at },
});
const claimOf = (changes) => ({
  owner: `process-${pid}`,
  leaseMs: 60_000,
  runTimeoutMs: 600_000,
  ...changes,
});
const requested = () => event("again");

const tasks = {
  /** Answers one question so many times at once, each time as somebody else. */
  async answer({ threadId, count }) {
    const outcomes = await Promise.all(
      Array.from({ length: count }, (_, index) => {
        const id = `${pid}-${index}`;
        return store.interrupts.answer({
          ...{ threadId, actor: { id, verified: true }, at, answers: [{ interruptId: "i", value: id }] },
          ...{ run: newRun(`${threadId}/${id}`, "resume"), claim: claimOf() },
          ...{ answered: event({ answered: id }), running: event({ running: id }) },
        });
      }),
    );
    return outcomes.map((outcome, index) => ({
      actor: `${pid}-${index}`,
      type: outcome.type,
      winner: outcome.refusals?.[0]?.answeredBy?.id,
    }));
  },

  /** Accepts a run on each thread at once. */
  async accept({ threadIds, whenBusy }) {
    const outcomes = await Promise.all(
      threadIds.map((threadId) =>
        store.runs.accept({
          ...{
            threadId,
            createThread: { owner: null, metadata: {} },
            actor: { id: String(pid), verified: true },
          },
          ...{ run: newRun(`${threadId}/${pid}`, "input"), whenOpen: "refuse", whenBusy, claim: claimOf() },
          ...{ running: event("running"), requested, superseded: requested },
        }),
      ),
    );
    return outcomes.map(({ type, started }) => (started ? "started" : type));
  },

  /** Claims and ends runs until there are none. */
  async work() {
    const done = [];
    while (true) {
      const claimed = await store.runs.claim({ ...claimOf(), graphIds: ["graph"] }, ({ runId }) =>
        event({ begins: runId }, runId),
      );
      if (claimed === undefined) return done;
      const { lease } = claimed;
      await store.runs.record(lease, [{ type: "event", event: event({ works: lease.runId }) }]);
      const facts = [{ type: "event", event: event({ ends: lease.runId }) }];
      await store.runs.finish(lease, {
        status: "success",
        error: null,
        facts,
        reopen: [],
        supersede: [],
        at,
      });
      done.push(lease);
    }
  },

  /** Starts a run and keeps its lease alive. */
  async hold({ threadId, leaseMs }) {
    store.runs.holdLeases(`process-${pid}`, leaseMs);
    const claim = claimOf({ leaseMs });
    const outcome = await store.runs.accept({
      ...{ threadId, createThread: { owner: null, metadata: {} }, actor: { id: "a", verified: true } },
      ...{ run: newRun(`${threadId}/run`, "input"), whenOpen: "refuse", whenBusy: "reject", claim },
      ...{ running: event("running"), requested, superseded: requested },
    });
    return outcome.type;
  },

  /** Never lets the event loop turn again. */
  block() {
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  },

  async stop() {
    await store.close();
    setImmediate(() => process.disconnect());
  },
};

process.on("message", async ({ id, task, given }) => {
  try {
    process.send({ id, result: await tasks[task](given) });
  } catch (error) {
    process.send({ id, error: String(error.stack) });
  }
});
process.send({ id: 0 });
