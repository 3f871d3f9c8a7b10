// Fills a SQLite store with what would take too long to get there by running: long threads, long logs, and
// paused threads by the million. Then it closes the store and a server may open it.
import { join } from "node:path";
import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { uuid6 } from "@langchain/langgraph-checkpoint";
import Database from "better-sqlite3";
import { ThreadCheckpointer } from "../dist/core/checkpointer.js";
import { sqlite } from "../dist/sqlite/index.js";
import { serveParent } from "./child.mjs";
import { filler } from "./workload.mjs";

const { directory } = JSON.parse(process.argv[2]);
const file = join(directory, "bench.db");

async function withStore(use) {
  const store = sqlite(file);
  await store.open();
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

const createThread = (store, threadId, graphId) =>
  store.threads.create({ threadId, owner: null, metadata: { graph_id: graphId }, at: Date.now() });

/** A thread of the `chat` graph whose state holds so many turns. */
function fillState({ threadId, turns, length }) {
  return withStore(async (store) => {
    await createThread(store, threadId, "chat");
    const messages = Array.from({ length: turns * 2 }, (_, place) => {
      const Message = place % 2 === 0 ? HumanMessage : AIMessage;
      return new Message({ id: crypto.randomUUID(), content: filler(length) });
    });
    const checkpointer = new ThreadCheckpointer({
      threadId,
      checkpoints: store.checkpoints,
      record: (facts) => store.checkpoints.record(threadId, facts, Date.now()),
      requested: () => ({}),
    });
    await checkpointer.put(
      { configurable: { thread_id: threadId, checkpoint_ns: "" } },
      {
        v: 4,
        id: uuid6(0),
        ts: new Date().toISOString(),
        channel_values: { messages },
        channel_versions: { messages: 1 },
        versions_seen: {},
      },
      { source: "loop", step: turns * 2, parents: {} },
      { messages: 1 },
    );
    // As turn by turn: what is not new is packed, some of it each time.
    for (let time = 0; time < turns / 500; time += 1)
      await store.checkpoints.record(threadId, [], Date.now());
  });
}

/** A thread whose log holds so many deltas of messages. */
function fillLog({ threadId, graphId, events }) {
  const namespace = ["generate_plan:6d5a8ec2-0d0b-5bd5-b6a5-57c4e8c10b9c"];
  return withStore(async (store) => {
    await createThread(store, threadId, graphId);
    for (let from = 0; from < events; from += 1_000) {
      const page = Array.from({ length: Math.min(1_000, events - from) }, (_, place) => ({
        runId: null,
        method: "messages",
        namespace,
        at: Date.now(),
        data: JSON.stringify({
          event: "content-block-delta",
          index: 0,
          delta: { type: "text-delta", text: `word${(from + place) % 100} ` },
        }),
      }));
      await store.log.append(threadId, page);
    }
  });
}

/**
 * Paused threads: one is made through the store's ports, and its thread, run and interrupt are copied. A
 * thousand owners share them; one in a thousand is for `ana` alone.
 */
async function fillPaused({ count }) {
  await withStore(makePaused);
  const db = new Database(file);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = OFF");
  const copies = [
    copyOf(db, "threads", "thread_no", { thread_id: "'paused-' || i", owner: "'owner-' || (i % 1000)" }),
    copyOf(db, "runs", "run_no", { run_id: "'paused-run-' || i", thread_no: "thread_no + i" }),
    copyOf(db, "interrupts", "interrupt_no", {
      interrupt_id: "printf('%032x', i)",
      thread_no: "thread_no + i",
      run_no: "run_no + i",
      owner: "'owner-' || (i % 1000)",
      assignees: `CASE WHEN i % 1000 = 0 THEN '["ana"]' END`,
    }),
  ];
  const step = 50_000;
  for (let from = 1; from < count; from += step) {
    db.transaction(() => {
      for (const copy of copies) copy.run({ from, to: Math.min(count - 1, from + step - 1) });
    }).immediate();
  }
  const open = db.prepare("SELECT count(*) FROM interrupts WHERE status = 'open'").pluck().get();
  db.close();
  return { open };
}

/** A statement that inserts copies of a table's last row, numbered from `@from` to `@to`. */
function copyOf(db, table, key, changed) {
  const columns = db.pragma(`table_info(${table})`).map(({ name }) => name);
  const template = db.prepare(`SELECT max(${key}) FROM ${table}`).pluck().get();
  const values = columns.map((name) => (name === key ? `${key} + i` : (changed[name] ?? name)));
  return db.prepare(
    `WITH RECURSIVE numbers (i) AS (SELECT CAST(@from AS INTEGER) UNION ALL SELECT i + 1 FROM numbers WHERE i < @to)
     INSERT INTO ${table} (${columns.join(", ")})
     SELECT ${values.join(", ")} FROM ${table} JOIN numbers WHERE ${key} = ${template}`,
  );
}

async function makePaused(store) {
  const threadId = "paused-0";
  const at = Date.now();
  const event = (method, data) => ({ runId: "paused-run-0", method, namespace: [], at, data });
  const claim = { owner: "filler", leaseMs: 60_000, runTimeoutMs: 60_000 };
  const value = { type: "plan_review", plan: filler(1_000) };
  const accepted = await store.runs.accept({
    threadId,
    createThread: { owner: null, metadata: { graph_id: "agent" } },
    actor: { id: "bench", verified: true },
    whenOpen: "refuse",
    whenBusy: "reject",
    claim,
    running: event("lifecycle", "{}"),
    requested: () => event("input.requested", "{}"),
    superseded: () => event("input.answered", "{}"),
    run: {
      runId: "paused-run-0",
      graphId: "agent",
      graphVersion: "1",
      assistantId: "agent",
      kind: "input",
      kwargs: { input: { messages: [{ type: "human", content: "Please plan." }] } },
      metadata: {},
      multitaskStrategy: "enqueue",
      createdAt: at,
    },
  });
  const lease = { threadId, runId: accepted.run.runId, attempt: accepted.run.attempt };
  const interrupt = {
    interruptId: "0".repeat(32),
    taskId: "task",
    namespace: [],
    value,
    responseSchema: null,
    digest: "0".repeat(64),
    source: "graph",
    effectKey: null,
    assignees: null,
    expiresAt: null,
    onExpiry: { type: "hold" },
  };
  const facts = [{ type: "interrupt", interrupt, event: event("input.requested", "{}") }];
  await store.runs.finish(lease, { status: "success", error: null, facts, reopen: [], supersede: [], at });
}

serveParent({ fillState, fillLog, fillPaused });
