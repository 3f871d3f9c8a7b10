import type { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import type { RunnableConfig } from "@langchain/core/runnables";
import { Command, getConfig, Send } from "@langchain/langgraph";
import type { BaseCheckpointSaver, BaseStore } from "@langchain/langgraph-checkpoint";
import { CountersignError, isCountersignError } from "../protocol/errors.ts";
import { isRecord, type Json, type JsonObject } from "../protocol/json.ts";
import { isAuthKey, toAuthKeys } from "./auth-user.ts";
import { digestOf } from "./digest.ts";
import { type GraphShape, shapeOf } from "./graph-shape.ts";
import { isOfMessages, withMessageIds } from "./message-ids.ts";
import type { InterruptRecord } from "./ports.ts";

/**
 * The only file that touches LangGraph's runtime. What it relies on beyond the public API is in
 * `toConfigurable`; each line of it has a test that fails when the engine changes.
 */

/** What we use of a compiled graph. Structural, so that any version and any state type fits without a cast. */
export interface CompiledGraphLike {
  // biome-ignore lint/suspicious/noExplicitAny: the engine's generics differ from graph to graph
  stream(input: any, options?: any): Promise<AsyncIterable<any>>;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  getState(config: any, options?: any): Promise<any>;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  updateState(config: any, values: any, asNode?: any): Promise<any>;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  getStateHistory(config: any, options?: any): AsyncIterable<any>;
  /** See {@link ValidateAnswer}. */
  validateAnswer?: ValidateAnswer;
  /** The tools that the graph may call, as people are shown them; asked each time somebody looks. */
  describeTools?(): readonly ToolDescription[];
}

/** A graph as users register it: compiled, or a builder. */
// biome-ignore lint/suspicious/noExplicitAny: the engine's generics differ from graph to graph
export type GraphLike = CompiledGraphLike | { compile(options?: any): CompiledGraphLike };

/**
 * Judges an answer before it is accepted, beyond what JSON Schema can say. Returns what is wrong with it,
 * one sentence each; an empty list lets it pass.
 */
export type ValidateAnswer = (interrupt: InterruptRecord, answer: Json) => string[];

/** A tool as people are shown it, before a plan or beside one. */
export interface ToolDescription {
  name: string;
  description: string;
  /** What a call may do to the world, worst case. */
  risk: "read" | "write" | "destructive" | "external";
  /** Running it twice is as good as once. */
  idempotent: boolean;
  /** JSON Schema of the arguments. */
  inputSchema: Record<string, unknown>;
  /** Names of arguments that are content, and may be decided late. */
  contentArguments: readonly string[];
}

/** The engine's `StateSnapshot`, as far as we read it. */
export interface Snapshot {
  values: unknown;
  next: string[];
  tasks: SnapshotTask[];
  metadata: JsonObject | undefined;
  config: RunnableConfig;
  createdAt: string | undefined;
  parentConfig: RunnableConfig | undefined;
}

export interface SnapshotTask {
  id: string;
  name: string;
  path: unknown[];
  error?: unknown;
  interrupts: { id?: string; value?: unknown; response_schema?: unknown }[];
  state?: Snapshot | RunnableConfig;
  result?: unknown;
}

/** `[namespace, mode, payload]`, as `graph.stream` yields it with subgraphs and several modes. */
export type EngineChunk = [namespace: string[], mode: string, payload: unknown];

export interface EngineRun {
  input: unknown;
  resume?: Record<string, unknown>;
  update?: unknown;
  goto?: unknown;
  /** Start from this checkpoint and not from the head. */
  checkpointId?: string | undefined;
  interruptBefore?: string[] | "*" | undefined;
  interruptAfter?: string[] | "*" | undefined;
  /** LangGraph's runtime context. */
  runtimeContext?: JsonObject | undefined;
  checkpointer: BaseCheckpointSaver;
  /** What nodes get as `config.store`, where the graph was not compiled with a store of its own. */
  store: BaseStore;
  threadId: string;
  /** From the client: merged into `configurable`, engine-private keys left out. */
  configurable: JsonObject;
  /** Ours, for nodes to read: see `countersign/effects`. */
  context: Record<string, unknown>;
  /** Who asked for the run. */
  user: JsonObject | null | undefined;
  metadata: JsonObject;
  tags: string[];
  recursionLimit: number | undefined;
  callbacks: BaseCallbackHandler[];
  signal: AbortSignal;
  /** Before a super-step, of the root and of graphs within its nodes: true stops the graph there. */
  stop: { isDue: () => boolean; request: () => void };
  /** Told of every chunk the moment the engine makes it, so that it keeps its order with the callbacks. */
  onChunk: (chunk: EngineChunk) => void;
}

export interface Engine {
  readonly graphId: string;
  /** Tells graphs apart whose nodes, channels or edges differ. */
  readonly version: string;
  readonly validateAnswer: ValidateAnswer | undefined;
  /** `[]` where the graph does not say. */
  describeTools(): readonly ToolDescription[];
  readonly shape: GraphShape;
  /**
   * Runs the graph until it ends or stops at an interrupt, or `stopped` between two super-steps. Throws what the
   * graph throws.
   */
  run(run: EngineRun): Promise<"ended" | "stopped">;
  /** An input whose messages have ids, the same for every attempt at the run it came with. */
  named(input: Json, runId: string): Json;
  /** The state at a checkpoint, or at the head with the writes of finished tasks applied, unless they cannot be. */
  snapshot(
    checkpointer: BaseCheckpointSaver,
    at: StateAddress,
    options?: { subgraphs?: boolean },
  ): Promise<Snapshot>;
  /** Writes values as if `asNode` had put them out, into a checkpoint after `at`. Returns its id. */
  update(
    checkpointer: BaseCheckpointSaver,
    at: StateAddress,
    update: { values: unknown; asNode?: string },
  ): Promise<string>;
  /** As `update`, so many steps one after the other, each of one or several nodes. */
  updateAll(checkpointer: BaseCheckpointSaver, at: StateAddress, supersteps: SuperStep[]): Promise<string>;
  history(
    checkpointer: BaseCheckpointSaver,
    at: StateAddress,
    options: { limit?: number; before?: RunnableConfig; filter?: Record<string, unknown> },
  ): AsyncIterable<Snapshot>;
}

/** What nodes put out in one step: values, or a command. */
export interface SuperStep {
  updates: { values?: unknown; command?: { update?: unknown; goto?: unknown }; asNode?: string }[];
}

export interface StateAddress {
  threadId: string;
  checkpointNs?: string;
  checkpointId?: string;
}

/** What the engine's loop tells of; `checkpoints` envelopes come with `values`, `custom` by the writer. */
const modes = new Set(["values", "updates", "tasks"]);

export function createEngine(graphId: string, graph: GraphLike): Engine {
  const compiled = compile(graphId, graph);
  return {
    graphId,
    version: versionOf(compiled),
    validateAnswer: compiled.validateAnswer,
    describeTools: () => compiled.describeTools?.() ?? [],
    shape: shapeOf(compiled),

    async run(run) {
      try {
        await runThrough(compiled, run);
        return "ended";
      } catch (error) {
        if (isRecord(error) && error.name === "GraphDrained") return "stopped";
        throw error;
      }
    },

    named(input, runId) {
      const { channels } = compiled as { channels?: Record<string, unknown> };
      return withMessageIds(input, (channel) => isOfMessages(channels?.[channel]), runId);
    },

    async snapshot(checkpointer, at, options = {}) {
      const graph = withCheckpointer(compiled, checkpointer);
      try {
        return (await graph.getState(toAddress(at), options)) as Snapshot;
      } catch (error) {
        // A reducer refuses what a task wrote, or an input: the run that brought it fails for it, and the state is
        // what it was.
        if (isCountersignError(error)) throw error; // the store's, not a reducer's
        const head = await checkpointer.getTuple(toAddress(at));
        const checkpointId: unknown = head?.config.configurable?.checkpoint_id;
        if (at.checkpointId !== undefined || typeof checkpointId !== "string") throw error;
        return graph.getState(toAddress({ ...at, checkpointId }), options) as Promise<Snapshot>;
      }
    },

    async update(checkpointer, at, { values, asNode }) {
      const config: RunnableConfig = await withCheckpointer(compiled, checkpointer).updateState(
        toAddress(at),
        values,
        asNode,
      );
      return String(config.configurable?.checkpoint_id);
    },

    async updateAll(checkpointer, at, supersteps) {
      const steps = supersteps.map(({ updates }) => ({
        updates: updates.map(({ values, command, asNode }) => ({
          values: command ? toEngineInput({ input: null, ...command }) : values,
          ...(asNode === undefined ? {} : { asNode }),
        })),
      }));
      const graph = withCheckpointer(compiled, checkpointer) as CompiledGraphLike & {
        bulkUpdateState(config: RunnableConfig, supersteps: unknown): Promise<RunnableConfig>;
      };
      const config = await graph.bulkUpdateState(toAddress(at), steps);
      return String(config.configurable?.checkpoint_id);
    },

    history(checkpointer, at, options) {
      return withCheckpointer(compiled, checkpointer).getStateHistory(toAddress(at), options);
    },
  };
}

/** @throws `GraphDrained` where it stopped on request */
async function runThrough(
  graph: CompiledGraphLike,
  { checkpointer, store, onChunk, ...run }: EngineRun,
): Promise<void> {
  const stream = await withCheckpointer(graph, checkpointer, store).stream(toEngineInput(run), {
    configurable: {
      ...toConfigurable(run.threadId, run.configurable, run.context),
      ...toAuthKeys(run.user),
      ...(run.checkpointId === undefined ? {} : { checkpoint_id: run.checkpointId }),
      // Private: a second stream that every loop of the run pushes to, nested ones too, synchronously.
      __pregel_stream: { modes, push: onChunk },
    },
    metadata: run.metadata,
    tags: run.tags,
    ...(run.recursionLimit === undefined ? {} : { recursionLimit: run.recursionLimit }),
    ...(run.runtimeContext === undefined ? {} : { context: run.runtimeContext }),
    ...(run.interruptBefore === undefined ? {} : { interruptBefore: run.interruptBefore }),
    ...(run.interruptAfter === undefined ? {} : { interruptAfter: run.interruptAfter }),
    callbacks: run.callbacks,
    signal: run.signal,
    control: toControl(run.stop),
    writer: (payload: unknown) => onChunk([namespaceOfCaller(), "custom", payload]),
    streamMode: ["custom"],
    subgraphs: true,
    // Without `sync` no checkpoint exists while a tool runs (engine.md 24).
    durability: "sync",
  });
  for await (const _ of stream) {
    // Everything is told through onChunk; this waits for the end, or for the error.
  }
}

/** True for a write that is a task's output, not bookkeeping (`isTaskOutput` of the engine, which it does not export). */
export function isOutputChannel(channel: string): boolean {
  return !["__error__", "__error_source_node__", "__interrupt__", "__resume__"].includes(channel);
}

/** Reason and ids of the engine's refusal of a resume, or undefined for any other error. */
export function asRefusedResume(
  error: unknown,
): { reason: string; interruptIds: string[]; pendingIds: string[] } | undefined {
  if (!isRecord(error) || error.name !== "UnknownInterruptError") return undefined;
  return {
    reason: String(error.reason),
    interruptIds: (error.interruptIds as string[] | undefined) ?? [],
    pendingIds: (error.pendingIds as string[] | undefined) ?? [],
  };
}

/** LangGraph's `RunControl`: what every graph of the run asks before a step, and nodes may ask to stop. */
function toControl({ isDue, request }: EngineRun["stop"]) {
  return {
    requestDrain: request,
    get drainRequested() {
      return isDue();
    },
    drainReason: "stop",
  };
}

/** The graph a node is in that calls its writer: the node's checkpoint namespace without its own segment. */
function namespaceOfCaller(): string[] {
  const ns = getConfig()?.configurable?.checkpoint_ns as string | undefined;
  return ns?.split("|").slice(0, -1) ?? [];
}

function compile(graphId: string, graph: GraphLike): CompiledGraphLike {
  const built = "compile" in graph && typeof graph.compile === "function" ? graph.compile() : graph;
  // `createAgent` of LangChain returns a wrapper; what we change of a graph must be the graph itself.
  const { graph: inner } = built as { graph?: CompiledGraphLike };
  const compiled = typeof inner?.stream === "function" ? inner : built;
  if (!("stream" in compiled) || typeof compiled.stream !== "function") {
    throw new CountersignError(
      "invalid_argument",
      `graphs.${graphId} is no LangGraph graph. Pass a compiled graph or a StateGraph.`,
    );
  }
  return compiled;
}

function toEngineInput({
  input,
  resume,
  update,
  goto,
}: Pick<EngineRun, "input"> & Partial<Pick<EngineRun, "resume" | "update" | "goto">>) {
  if (resume === undefined && update === undefined && goto === undefined) return input;
  return new Command({
    ...(resume === undefined ? {} : { resume }),
    ...(update === undefined ? {} : { update: update as Record<string, unknown> }),
    ...(goto === undefined ? {} : { goto: toGoto(goto) }),
  });
}

/** `goto` as JSON has it: a node's name, `{node, input}` for a `Send`, or a list of these. */
function toGoto(goto: unknown): string | Send | (string | Send)[] {
  if (Array.isArray(goto)) return goto.flatMap(toGoto);
  return isRecord(goto) ? new Send(String(goto.node), goto.input ?? {}) : String(goto);
}

function versionOf(graph: CompiledGraphLike): string {
  const { nodes, channels, builder } = graph as {
    nodes?: object;
    channels?: object;
    builder?: { edges?: Iterable<unknown> };
  };
  const shape = [Object.keys(nodes ?? {}), Object.keys(channels ?? {}), [...(builder?.edges ?? [])]];
  return digestOf(shape).slice(0, 16);
}

/** The user's graph with our checkpointer and store, without changing the user's object. */
function withCheckpointer(
  graph: CompiledGraphLike,
  checkpointer: BaseCheckpointSaver,
  store?: BaseStore,
): CompiledGraphLike {
  const own = (value: unknown) => ({ value, writable: true, enumerable: true, configurable: true });
  const hasStore = (graph as { store?: unknown }).store != null;
  return Object.create(graph, {
    checkpointer: own(checkpointer),
    ...(store === undefined || hasStore ? {} : { store: own(store) }),
  }) as CompiledGraphLike;
}

const privateKeys = new Set(["thread_id", "checkpoint_id", "checkpoint_ns", "checkpoint_map", "countersign"]);

function toConfigurable(threadId: string, fromClient: JsonObject, context: Record<string, unknown>) {
  const open = Object.entries(fromClient).filter(
    ([key]) => !privateKeys.has(key) && !isAuthKey(key) && !key.startsWith("__"),
  );
  return {
    ...Object.fromEntries(open),
    thread_id: threadId,
    countersign: context,
    // Private, and the only way to make stale ids, empty maps and ambiguous answers throw (engine.md 4).
    __pregel_strict_resume: true,
  };
}

function toAddress({ threadId, checkpointNs, checkpointId }: StateAddress): RunnableConfig {
  return {
    configurable: {
      thread_id: threadId,
      checkpoint_ns: checkpointNs ?? "",
      ...(checkpointId === undefined ? {} : { checkpoint_id: checkpointId }),
    },
  };
}
