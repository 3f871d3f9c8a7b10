import { randomUUID } from "node:crypto";
import { isCountersignError } from "../protocol/errors.ts";
import { type Assistants, createAssistants, recordSystemAssistants } from "./assistants.ts";
import { type Bridge, type BridgeSetting, createBridge } from "./bridge.ts";
import { type Commands, createCommands } from "./commands.ts";
import { type Crons, createCrons } from "./crons.ts";
import { createExpiry, expiryActor } from "./expiry.ts";
import { createFeed, type Feed } from "./feed.ts";
import type { GraphLike } from "./graph.ts";
import { createGraphs, type Graphs } from "./graphs.ts";
import { createItems, type Items } from "./items.ts";
import type { InterruptRecord, Store } from "./ports.ts";
import { thinOutThread } from "./prune.ts";
import { createRedact, type Redact, type RedactionRule, redactEvents } from "./redaction.ts";
import { createStates, type States } from "./states.ts";
import { createTextSearch, type TextSearch } from "./text-search.ts";
import { createTimers } from "./timers.ts";
import { createUnservedLook } from "./unserved.ts";
import { createViewers, type Viewers } from "./viewers.ts";
import { createWebhooks, type WebhookSettings, type Webhooks } from "./webhooks.ts";
import { createWorker, type Worker } from "./worker.ts";

export interface CoreOptions {
  graphs: Record<string, GraphLike>;
  store: Store;
  /** Ms since the epoch. */
  now?: () => number;
  /** How long a run is held without a heartbeat, in ms. Default 10,000. */
  leaseMs?: number;
  /** How long a run may take, in ms. Default an hour; one that waits for a person does not run. */
  runTimeoutMs?: number;
  /** Runs this process executes at once. Default 64. */
  maxConcurrentRuns?: number;
  /** What must not be shown in events and replies, such as keys: see {@link RedactionRule}. */
  redact?: readonly RedactionRule[];
  /**
   * How much of the past each thread keeps: so many checkpoints of the root (and of subgraphs, what belongs
   * to them), thinned out when there are twice as many. Default: all.
   */
  retention?: { checkpoints: number };
  /**
   * Translation between the dialects of approval requests (LangChain's middleware in JavaScript and Python, Agent
   * Inbox), by graph id or for all. Default true.
   */
  bridge?: BridgeSetting;
  /** How the webhooks that runs name are called. */
  webhooks?: WebhookSettings;
  /** Told of errors that no client hears of. Default: one line of JSON on stderr. */
  report?: (error: unknown, context: Record<string, unknown>) => void;
}

/** The rules, over a store: what the HTTP layer calls. */
export interface Core {
  readonly store: Store;
  readonly graphs: Graphs;
  readonly assistants: Assistants;
  readonly feed: Feed;
  readonly states: States;
  readonly items: Items;
  readonly webhooks: Webhooks;
  readonly crons: Crons;
  readonly viewers: Viewers;
  readonly textSearch: TextSearch;
  readonly bridge: Bridge;
  readonly commands: Commands;
  readonly now: () => number;
  /** Applied to every JSON text on its way out; undefined where nothing is to be hidden. */
  readonly redact: Redact | undefined;
  readonly report: (error: unknown, context: Record<string, unknown>) => void;
  /** Stops claiming, gives running runs `graceMs` to end, hands the others over, and closes the store. */
  stop(graceMs: number): Promise<void>;
}

/** Rows that one look deletes at most. */
const sweptAtOnce = 500;

/** Opens the store, recovers what a dead process left, and starts to run what may run. */
export async function startCore(options: CoreOptions): Promise<Core> {
  // Read by every callback handler as it is made; background callbacks lose events under load (engine.md 17).
  process.env.LANGCHAIN_CALLBACKS_BACKGROUND ??= "false";
  const redact = createRedact(options.redact);
  const store = redactEvents(options.store, redact);
  const {
    now = Date.now,
    leaseMs = 10_000,
    runTimeoutMs = 3_600_000,
    maxConcurrentRuns = 64,
    report = reportToStderr,
    retention,
  } = options;
  if (process.env.LANGCHAIN_CALLBACKS_BACKGROUND !== "false") {
    report(
      new Error(
        "LANGCHAIN_CALLBACKS_BACKGROUND is not false: callbacks of your own may miss events under load.",
      ),
      {},
    );
  }
  const graphs = createGraphs(options.graphs);
  const assistants = createAssistants(store, graphs);
  await store.open();
  await recordSystemAssistants(store, graphs, now()).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const feed = createFeed(store.log);
  const bridge = createBridge(options.bridge);
  const states = createStates({ store, graphs, bridge, now, redact });
  const items = createItems(store, now);
  const webhooks = createWebhooks({ store, states, bridge, now, report, redact }, options.webhooks);
  const owner = randomUUID();
  const worker = createWorker({
    store,
    items,
    feed,
    now,
    report,
    engines: graphs.engines,
    owner,
    leaseMs,
    runTimeoutMs,
    maxConcurrentRuns,
    onEnded(threadId) {
      timers.look("webhooks");
      if (retention) thinOut(threadId, retention.checkpoints);
    },
  });
  const viewers = createViewers(store.notifier, { self: owner, now });
  const deps = { store, graphs, assistants, feed, worker, states, bridge, now };
  const commands = createCommands(deps);
  const crons = createCrons(deps, report);
  const expiry = createExpiry({ store, feed, now, report, answer: answerExpired(commands) });
  function thinOut(threadId: string, keep: number): void {
    thinOutThread(store, threadId, keep).catch((error: unknown) => {
      if (!isCountersignError(error, "state_busy")) report(error, { threadId, during: "retention" });
    });
  }
  const timers = createTimers(
    {
      expiry,
      items: () => store.items.deleteExpired(now(), sweptAtOnce),
      threads: async () => {
        for (const threadId of await store.threads.listExpired(now(), sweptAtOnce)) {
          await commands.deleteThread(threadId, now());
        }
      },
      runs: async () => {
        if ((await store.runs.wakeDue(now(), sweptAtOnce)) > 0) worker.wake();
      },
      webhooks: webhooks.look,
      crons: crons.look,
      unserved: createUnservedLook(store.runs, () => [...graphs.engines.keys()], report),
    },
    report,
  );
  const connected = connectProcesses(store, feed, worker);
  const stops = [worker.start(), timers.start(), webhooks.stop, connected, viewers.stop];
  return {
    store,
    graphs,
    assistants,
    feed,
    states,
    items,
    webhooks,
    crons,
    viewers,
    textSearch: createTextSearch(store, { now, redact }),
    bridge,
    commands,
    now,
    redact,
    report,
    async stop(graceMs) {
      for (const stop of stops.reverse()) await stop(graceMs);
      await store.close();
    },
  };
}

function answerExpired(commands: Commands) {
  return ({ threadId, interruptId, onExpiry }: InterruptRecord) =>
    commands.answer({
      threadId,
      actor: expiryActor,
      answers: [{ interruptId, value: onExpiry.type === "answer" ? onExpiry.value : null }],
      isExpiry: true,
    });
}

/** Tells other processes of what this one commits, and listens to them. */
function connectProcesses({ notifier }: Store, feed: Feed, worker: Worker): () => void {
  if (notifier === undefined) return () => {};
  feed.onPublish((threadId) => notifier.notify(threadId));
  const look = () => {
    worker.wake();
    worker.review();
  };
  const onHint = (threadId: string) => {
    feed.hint(threadId);
    look();
  };
  return notifier.listen(onHint, () => {
    feed.hintAll();
    look();
  });
}

function reportToStderr(error: unknown, context: Record<string, unknown>): void {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  console.error(
    JSON.stringify({ level: "error", at: new Date().toISOString(), name, message, stack, ...context }),
  );
}
