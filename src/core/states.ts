import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import { CountersignError } from "../protocol/errors.ts";
import { isRecord, type Json, type JsonObject } from "../protocol/json.ts";
import type { WireCheckpointRef, WireInterrupt, WireTask, WireThreadState } from "../protocol/shapes.ts";
import type { Bridge } from "./bridge.ts";
import { ThreadCheckpointer } from "./checkpointer.ts";
import type { Engine, Snapshot, SnapshotTask, StateAddress } from "./graph.ts";
import type { Graphs } from "./graphs.ts";
import { inputRequested } from "./lifecycle.ts";
import type { EventRecord, StateRef, Store, ThreadRecord } from "./ports.ts";
import type { Redact } from "./redaction.ts";
import { withDoubts } from "./show-doubts.ts";
import { toWireText, toWireValue } from "./wire.ts";

/** Reads of state: what the engine says, made to agree with the interrupt rows (invariant 9). */
export interface States {
  /** A checkpointer for reading a thread outside any run. */
  reader(threadId: string): BaseCheckpointSaver;
  get(
    thread: ThreadRecord,
    at?: Omit<StateAddress, "threadId">,
    options?: { subgraphs?: boolean },
  ): Promise<WireThreadState>;
  /** Newest first. */
  history(thread: ThreadRecord, query: HistoryQuery): Promise<WireThreadState[]>;
  /** The values of each thread's head; null where a thread has none. */
  values(threads: ThreadRecord[]): Promise<Map<string, unknown>>;
  /** An event's data as JSON text: references to checkpoints are rendered. */
  render(threadId: string, event: EventRecord): Promise<string>;
}

export interface HistoryQuery {
  limit: number;
  before?: string;
  metadata?: JsonObject;
  checkpointNs?: string;
  checkpointId?: string;
}

export function createStates({
  store,
  graphs,
  bridge,
  now,
  redact = (text) => text,
}: {
  store: Store;
  graphs: Graphs;
  bridge: Bridge;
  now: () => number;
  redact?: Redact | undefined;
}): States {
  const reader = (threadId: string) =>
    new ThreadCheckpointer({
      threadId,
      checkpoints: store.checkpoints,
      record: async (facts) => {
        await store.checkpoints.record(threadId, facts, now());
      },
      requested: (interrupt, namespace) => inputRequested("", interrupt, namespace, now()),
    });

  function engineOf(thread: ThreadRecord): Engine | undefined {
    const graphId = thread.metadata.graph_id;
    return typeof graphId === "string" ? graphs.find(graphId) : undefined;
  }

  async function toState(thread: ThreadRecord, snapshot: Snapshot, isHead = false) {
    const open = await store.interrupts.listOpen([thread.threadId]);
    const shown = new Map<string, Show>();
    for (const { interruptId, graphId } of open)
      shown.set(interruptId, (value) => bridge.shown(graphId, value));
    return withDoubts(toWireState(thread.threadId, snapshot, shown), open, isHead);
  }

  /** Values without the graph: of a graph that is no longer registered. */
  async function rawValues(
    threadId: string,
    ns: string,
    checkpointId?: string,
  ): Promise<Record<string, unknown>> {
    const tuple = await reader(threadId).getTuple({
      configurable: {
        thread_id: threadId,
        checkpoint_ns: ns,
        ...(checkpointId ? { checkpoint_id: checkpointId } : {}),
      },
    });
    const values = Object.entries(tuple?.checkpoint.channel_values ?? {});
    return Object.fromEntries(
      values.filter(([name]) => !name.startsWith("__") && !name.startsWith("branch:")),
    );
  }

  async function valuesAt(threadId: string, graphId: string | undefined, ref: StateRef): Promise<unknown> {
    const { checkpointNs, checkpointId, pending } = ref;
    const engine = graphId === undefined ? undefined : graphs.find(graphId);
    if (engine === undefined) return rawValues(threadId, checkpointNs, checkpointId);
    const head = pending ? await store.checkpoints.find(threadId, checkpointNs) : undefined;
    const at = head?.checkpointId === checkpointId ? {} : { checkpointId };
    const snapshot = await engine.snapshot(reader(threadId), { threadId, checkpointNs, ...at });
    return snapshot.values;
  }

  return {
    reader,

    async get(thread, at = {}, options = {}) {
      const engine = engineOf(thread);
      if (engine === undefined) return emptyState(thread.threadId);
      const snapshot = await engine.snapshot(
        reader(thread.threadId),
        { ...at, threadId: thread.threadId },
        options,
      );
      if (at.checkpointId !== undefined && snapshot.createdAt === undefined) {
        throw new CountersignError(
          "no_such_checkpoint",
          `Thread ${thread.threadId} has no checkpoint ${at.checkpointId}. List them with POST /threads/${thread.threadId}/history.`,
        );
      }
      return toState(thread, snapshot, isHead(at));
    },

    async history(thread, { limit, before, metadata, checkpointNs, checkpointId }) {
      const engine = engineOf(thread);
      if (engine === undefined) return [];
      const { threadId } = thread;
      const snapshots = engine.history(
        reader(threadId),
        { threadId, checkpointNs: checkpointNs ?? "", ...(checkpointId ? { checkpointId } : {}) },
        {
          limit,
          ...(before ? { before: { configurable: { checkpoint_id: before } } } : {}),
          ...(metadata ? { filter: metadata } : {}),
        },
      );
      const states: WireThreadState[] = [];
      for await (const snapshot of snapshots) states.push(await toState(thread, snapshot));
      return states;
    },

    async values(threads) {
      const entries = threads.map(async (thread) => {
        const engine = engineOf(thread);
        const { threadId } = thread;
        const head = await store.checkpoints.find(threadId, "");
        if (head === undefined) return [threadId, null] as const;
        if (engine === undefined) return [threadId, toWireValue(await rawValues(threadId, ""))] as const;
        return [
          threadId,
          toWireValue((await engine.snapshot(reader(threadId), { threadId })).values),
        ] as const;
      });
      return new Map(await Promise.all(entries));
    },

    async render(threadId, event) {
      if (!event.isRef) return shownEvent({ store, bridge }, threadId, event);
      if (event.live !== undefined) return event.live;
      const ref = JSON.parse(event.data) as StateRef;
      const run = event.runId === null ? undefined : await store.runs.find(threadId, event.runId);
      const values = await valuesAt(threadId, run?.graphId, ref);
      if (ref.task === undefined) return redact(toWireText(values));
      const { frame, keys } = ref.task;
      const state = isRecord(values) ? values : {};
      return redact(
        toWireText({ ...frame, input: Object.fromEntries(keys.map((key) => [key, state[key]])) }),
      );
    },
  };
}

function isHead({ checkpointId, checkpointNs = "" }: Omit<StateAddress, "threadId">): boolean {
  return checkpointId === undefined && checkpointNs === "";
}

/** Events that hold questions show them as clients see them. */
async function shownEvent(
  { store, bridge }: { store: Store; bridge: Bridge },
  threadId: string,
  { method, runId, data }: EventRecord,
): Promise<string> {
  if (method !== "input.requested" && method !== "tasks") return data;
  const graphId = async () =>
    runId === null ? undefined : (await store.runs.find(threadId, runId))?.graphId;
  return bridge.shownEvent(graphId, data);
}

function emptyState(threadId: string): WireThreadState {
  return {
    values: {},
    next: [],
    tasks: [],
    metadata: null,
    created_at: null,
    checkpoint: { thread_id: threadId, checkpoint_ns: "", checkpoint_id: null, checkpoint_map: null },
    parent_checkpoint: null,
    interrupts: [],
  };
}

type Show = (question: Json) => Json;

/** @param open - The questions that are open, each with how clients see it. */
function toWireState(threadId: string, snapshot: Snapshot, open: ReadonlyMap<string, Show>): WireThreadState {
  const tasks = snapshot.tasks.map((task) => toWireTask(threadId, task, open));
  return {
    values: toWireValue(snapshot.values),
    next: [...snapshot.next],
    tasks,
    metadata: (toWireValue(snapshot.metadata ?? null) as JsonObject | null) ?? null,
    created_at: snapshot.createdAt ?? null,
    checkpoint: toCheckpointRef(threadId, snapshot.config.configurable),
    parent_checkpoint: snapshot.parentConfig
      ? toCheckpointRef(threadId, snapshot.parentConfig.configurable)
      : null,
    interrupts: [...new Map(tasks.flatMap((task) => task.interrupts).map((one) => [one.id, one])).values()],
  };
}

function toWireTask(threadId: string, task: SnapshotTask, open: ReadonlyMap<string, Show>): WireTask {
  const isNested = task.state !== undefined && "values" in task.state;
  const nested = task.state as Snapshot | undefined;
  const config = isNested
    ? undefined
    : (task.state as { configurable?: Record<string, unknown> } | undefined);
  return {
    id: task.id,
    name: task.name,
    path: toWireValue(task.path) as unknown[],
    error: task.error === undefined ? null : toErrorText(task.error),
    interrupts: task.interrupts.flatMap(({ id, value, response_schema }): WireInterrupt[] => {
      const show = id === undefined ? undefined : open.get(id);
      if (id === undefined || show === undefined) return [];
      const schema = response_schema === undefined ? {} : { response_schema };
      return [{ id, value: show(toWireValue(value) as Json), ...schema }];
    }),
    checkpoint: config
      ? { thread_id: threadId, checkpoint_ns: String(config.configurable?.checkpoint_ns ?? "") }
      : null,
    state: isNested && nested ? toWireState(threadId, nested, open) : null,
    result: task.result === undefined ? null : toWireValue(task.result),
  };
}

function toErrorText(error: unknown): string {
  if (isRecord(error) && typeof error.message === "string") return error.message;
  return typeof error === "string" ? error : JSON.stringify(error);
}

function toCheckpointRef(
  threadId: string,
  configurable: Record<string, unknown> | undefined,
): WireCheckpointRef {
  return {
    thread_id: threadId,
    checkpoint_ns: String(configurable?.checkpoint_ns ?? ""),
    checkpoint_id: (configurable?.checkpoint_id as string | undefined) ?? null,
    checkpoint_map: (configurable?.checkpoint_map as JsonObject | undefined) ?? null,
  };
}
