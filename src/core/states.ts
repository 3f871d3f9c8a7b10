import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import { CountersignError } from "../protocol/errors.ts";
import { isRecord, type Json, type JsonObject } from "../protocol/json.ts";
import type { WireCheckpointRef, WireInterrupt, WireTask, WireThreadState } from "../protocol/shapes.ts";
import type { Bridge } from "./bridge.ts";
import { ThreadCheckpointer } from "./checkpointer.ts";
import type { Engine, Snapshot, SnapshotTask, StateAddress } from "./graph.ts";
import type { Graphs } from "./graphs.ts";
import { inputRequested } from "./lifecycle.ts";
import type { EventRecord, Store, ThreadRecord } from "./ports.ts";
import type { Redact } from "./redaction.ts";
import { createRender, pick, rawValues } from "./render-event.ts";
import { type Selection, toSelection } from "./select-state.ts";
import { type WireStanding, withDoubts } from "./show-doubts.ts";
import { JsonText, type TextParts } from "./state-text.ts";
import { toWireValue } from "./wire.ts";

/** Reads of state: what the engine says, made to agree with the interrupt rows (invariant 9). */
export interface States {
  /** A checkpointer for reading a thread outside any run. */
  reader(threadId: string): BaseCheckpointSaver;
  get(
    thread: ThreadRecord,
    at?: Omit<StateAddress, "threadId">,
    options?: { subgraphs?: boolean; keys?: readonly string[] | undefined },
  ): Promise<WireThreadState>;
  /** The same with its values as JSON text. */
  getShown(
    thread: ThreadRecord,
    at?: Omit<StateAddress, "threadId">,
    options?: { subgraphs?: boolean; keys?: readonly string[] | undefined },
  ): Promise<ShownState>;
  /** The same as JSON text: of a long thread it is put together out of texts that are kept. */
  getJson(
    thread: ThreadRecord,
    at?: Omit<StateAddress, "threadId">,
    options?: { subgraphs?: boolean; select?: readonly string[] | undefined },
  ): Promise<TextParts>;
  /** Newest first; the JSON text of a list. */
  historyJson(thread: ThreadRecord, query: HistoryQuery): Promise<TextParts>;
  /** The values of each thread's head. Threads that have none are left out. */
  values(threads: ThreadRecord[]): Promise<Map<string, JsonText>>;
  /** An event's data as JSON text: references to checkpoints are rendered. */
  render(threadId: string, event: EventRecord): Promise<string>;
}

export type ShownState = Omit<WireThreadState, "values"> & { values: JsonText };

export interface HistoryQuery {
  limit: number;
  before?: string;
  metadata?: JsonObject;
  checkpointNs?: string;
  checkpointId?: string;
  /** Fields to show, and values by name (`values.messages`). Default: all. */
  select?: readonly string[];
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
  const reader = (threadId: string, isShown = false): ThreadCheckpointer =>
    new ThreadCheckpointer({
      threadId,
      isShown,
      checkpoints: store.checkpoints,
      record: async (facts) => {
        await store.checkpoints.record(threadId, facts, now());
      },
      requested: (interrupt, namespace) => inputRequested("", interrupt, namespace, now()),
    });

  const shower = (threadId: string) => reader(threadId, true);

  function engineOf(thread: ThreadRecord): Engine | undefined {
    const graphId = thread.metadata.graph_id;
    return typeof graphId === "string" ? graphs.find(graphId) : undefined;
  }

  async function describe(thread: ThreadRecord, snapshot: Snapshot, isHead: boolean): Promise<WireStanding> {
    const open = await store.interrupts.listOpen([thread.threadId]);
    const shown = new Map<string, OpenQuestion>();
    for (const { interruptId: id, engineId, graphId } of open)
      shown.set(engineId, { id, show: (value) => bridge.shown(graphId, value) });
    return withDoubts(toStanding(thread.threadId, snapshot, shown), open, isHead);
  }

  async function toParts(
    thread: ThreadRecord,
    { snapshot, by, isHead }: Look,
    { values: wanted, of }: Selection,
  ): Promise<TextParts> {
    const standing = JSON.stringify(of(await describe(thread, snapshot, isHead)));
    if (wanted === "none") return [standing];
    const values = wanted === "all" ? snapshot.values : pick(snapshot.values, wanted);
    const rest = standing.slice(1);
    return ['{"values":', ...by.toParts(values), `${rest === "}" ? "" : ","}${rest}`];
  }

  /** Undefined where no graph can say anything. */
  async function look(
    thread: ThreadRecord,
    at: Omit<StateAddress, "threadId">,
    options: { subgraphs?: boolean },
  ): Promise<Look | undefined> {
    const engine = engineOf(thread);
    if (engine === undefined) return undefined;
    const by = shower(thread.threadId);
    const snapshot = await engine.snapshot(by, { ...at, threadId: thread.threadId }, options);
    if (at.checkpointId === undefined || snapshot.createdAt !== undefined)
      return { snapshot, by, isHead: isHead(at) };
    throw new CountersignError(
      "no_such_checkpoint",
      `Thread ${thread.threadId} has no checkpoint ${at.checkpointId}. List them with POST /threads/${thread.threadId}/history.`,
    );
  }

  const getShown: States["getShown"] = async (thread, at = {}, { keys, ...options } = {}) => {
    const found = await look(thread, at, options);
    if (found === undefined) return { ...emptyState(thread.threadId), values: new JsonText(["{}"]) };
    const { snapshot, by } = found;
    const values = keys === undefined ? snapshot.values : pick(snapshot.values, keys);
    const standing = await describe(thread, snapshot, found.isHead);
    return { values: new JsonText(by.toParts(values)), ...standing };
  };

  return {
    reader: (threadId) => reader(threadId),
    render: createRender({ store, graphs, bridge, redact, reader: shower }),

    getShown,

    async get(thread, at, options) {
      const shown = await getShown(thread, at, options);
      return { ...shown, values: shown.values.toJSON() };
    },

    async getJson(thread, at = {}, { select, ...options } = {}) {
      const selection = toSelection(select);
      const found = await look(thread, at, options);
      if (found !== undefined) return toParts(thread, found, selection);
      const { values, ...standing } = emptyState(thread.threadId);
      const shown = { ...(selection.values === "none" ? {} : { values }), ...selection.of(standing) };
      return [JSON.stringify(shown)];
    },

    async historyJson(thread, { limit, before, metadata, checkpointNs, checkpointId, select }) {
      const engine = engineOf(thread);
      if (engine === undefined) return ["[]"];
      const { threadId } = thread;
      const by = shower(threadId);
      const selection = toSelection(select);
      const snapshots = engine.history(
        by,
        { threadId, checkpointNs: checkpointNs ?? "", ...(checkpointId ? { checkpointId } : {}) },
        {
          limit,
          ...(before ? { before: { configurable: { checkpoint_id: before } } } : {}),
          ...(metadata ? { filter: metadata } : {}),
        },
      );
      const parts: TextParts = [];
      for await (const snapshot of snapshots) {
        parts.push(
          parts.length === 0 ? "[" : ",",
          ...(await toParts(thread, { snapshot, by, isHead: false }, selection)),
        );
      }
      return parts.length === 0 ? ["[]"] : [...parts, "]"];
    },

    values: createValues({ store, engineOf, shower }),
  };
}

interface ValuesDeps {
  store: Store;
  engineOf: (thread: ThreadRecord) => Engine | undefined;
  shower: (threadId: string) => ThreadCheckpointer;
}

function createValues({ store, engineOf, shower }: ValuesDeps): States["values"] {
  return async (threads) => {
    const found = new Map<string, JsonText>();
    const add = async (thread: ThreadRecord) => {
      const { threadId } = thread;
      const head = await store.checkpoints.find(threadId, "");
      if (head === undefined) return;
      const engine = engineOf(thread);
      const by = shower(threadId);
      const values = engine
        ? (await engine.snapshot(by, { threadId })).values
        : await rawValues(by, { threadId });
      found.set(threadId, new JsonText(by.toParts(values)));
    };
    await Promise.all(threads.map(add));
    return found;
  };
}

/** A state, and by whom it was read. */
interface Look {
  snapshot: Snapshot;
  by: ThreadCheckpointer;
  isHead: boolean;
}

function isHead({ checkpointId, checkpointNs = "" }: Omit<StateAddress, "threadId">): boolean {
  return checkpointId === undefined && checkpointNs === "";
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

/** How clients see a question. */
interface OpenQuestion {
  id: string;
  show: (question: Json) => Json;
}

/** @param open - The questions that are open, by the engine's ids. */
function toStanding(
  threadId: string,
  snapshot: Snapshot,
  open: ReadonlyMap<string, OpenQuestion>,
): WireStanding {
  const tasks = snapshot.tasks.map((task) => toWireTask(threadId, task, open));
  return {
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

function toWireTask(threadId: string, task: SnapshotTask, open: ReadonlyMap<string, OpenQuestion>): WireTask {
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
    interrupts: task.interrupts.flatMap(({ id: engineId, value, response_schema }): WireInterrupt[] => {
      const question = engineId === undefined ? undefined : open.get(engineId);
      if (question === undefined) return [];
      const schema = response_schema === undefined ? {} : { response_schema };
      return [{ id: question.id, value: question.show(toWireValue(value) as Json), ...schema }];
    }),
    checkpoint: config
      ? { thread_id: threadId, checkpoint_ns: String(config.configurable?.checkpoint_ns ?? "") }
      : null,
    state:
      isNested && nested
        ? { values: toWireValue(nested.values), ...toStanding(threadId, nested, open) }
        : null,
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
