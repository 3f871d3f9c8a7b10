import type { RunnableConfig } from "@langchain/core/runnables";
import {
  BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointPendingWrite,
  type CheckpointTuple,
  compareWritesSortKeys,
  maxChannelVersion,
  type PendingWrite,
  TASKS,
  WRITES_IDX_MAP,
  writesSortKey,
} from "@langchain/langgraph-checkpoint";
import type { Json, JsonObject } from "../protocol/json.ts";
import { isRecord } from "../protocol/json.ts";
import { type Asks, openTerms } from "./asks.ts";
import { encodeContent, loadContents } from "./contents.ts";
import { digestOf } from "./digest.ts";
import { isOutputChannel } from "./graph.ts";
import { createKnownMessages } from "./known-messages.ts";
import { nameMessages } from "./message-ids.ts";
import type { CheckpointPort, Content, Fact, NewEvent, StoredCheckpoint, StoredWrite } from "./ports.ts";
import { DataSerializer } from "./serializer.ts";
import { joinText, type TextParts, toStateParts } from "./state-text.ts";
import { toWireValue } from "./wire.ts";

/** Where a checkpointer's facts go: an attempt's journal, or the store when no run is on. */
export type RecordFacts = (facts: Fact[]) => Promise<void>;

export interface CheckpointerOptions {
  threadId: string;
  checkpoints: CheckpointPort;
  record: RecordFacts;
  /** Makes the `input.requested` event of a question. */
  requested: (interrupt: Question, namespace: string[]) => NewEvent;
  /** What `ask()` said about a question; without it every question is open to everybody, for ever. */
  termsOf?: Asks["termsOf"];
  /** Whose values are taken at the checkpoints where it stands. */
  standing?: ThreadCheckpointer;
  /**
   * What is read is only to be shown: for the messages of long lists stand others, of which nothing but their JSON is
   * to be had. Not to run on, nor to write.
   */
  isShown?: boolean;
}

export interface Question {
  id: string;
  value: Json;
  responseSchema: Json | null;
}

/** Of a checkpoint's channels, by name. Versions are numbers that branches of a thread count each for itself. */
type Contents = ReadonlyMap<string, { version: unknown; hash: string }>;

/**
 * The engine's checkpointer over the store's {@link CheckpointPort}, for one thread.
 *
 * What the engine saves becomes facts: a checkpoint, the writes of a task, and, from the `__interrupt__`
 * write, the interrupt's row with its event, in the same transaction (invariant 9).
 */
export class ThreadCheckpointer extends BaseCheckpointSaver {
  /** The id of the checkpoint each namespace stands at, as this checkpointer last read or wrote it. */
  readonly standings = new Map<string, string>();
  readonly #options: CheckpointerOptions;
  /** The channel values of the standings, as the engine holds them. */
  readonly #values = new Map<string, Record<string, unknown>>();
  /** The contents of the standings' channels. */
  readonly #stored = new Map<string, Contents>();
  /** What this checkpointer read, or wrote, and need not write again. */
  #known = createKnownMessages();
  readonly #shown = createKnownMessages(true);

  constructor(options: CheckpointerOptions) {
    super(new DataSerializer());
    this.#options = options;
  }

  /** The channel values at a namespace's standing; compare by identity, never change. */
  valuesOf(checkpointNs: string): Readonly<Record<string, unknown>> | undefined {
    return this.#values.get(checkpointNs);
  }

  /** Values of a state that this checkpointer read or wrote, as JSON text for clients. */
  toText(values: unknown): string {
    return joinText(this.toParts(values));
  }

  toParts(values: unknown): TextParts {
    return toStateParts(values, this.#known);
  }

  /**
   * Reads the thread as this checkpointer does, but where it stands with the very values that the engine holds:
   * for a look at what is left to do, which would else cost as much as the thread is long. Not to run on.
   */
  onlooker(): ThreadCheckpointer {
    return new ThreadCheckpointer({ ...this.#options, standing: this });
  }

  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    const { ns, id } = keysOf(config);
    const stored = await this.#options.checkpoints.find(this.#options.threadId, ns, id);
    if (stored === undefined) return undefined;
    const tuple = await this.#toTuple(stored, id === undefined ? isOutput : isFromOutside);
    this.#remember(stored);
    this.#values.set(ns, tuple.checkpoint.channel_values);
    return tuple;
  }

  /** The values of {@link valuesOf}, when the namespace stands at this checkpoint. */
  valuesAt(checkpointNs: string, checkpointId: string): Readonly<Record<string, unknown>> | undefined {
    return this.standings.get(checkpointNs) === checkpointId ? this.#values.get(checkpointNs) : undefined;
  }

  override async *list(
    config: RunnableConfig,
    options: CheckpointListOptions = {},
  ): AsyncGenerator<CheckpointTuple> {
    const { ns, id } = keysOf(config);
    const before = options.before?.configurable?.checkpoint_id as string | undefined;
    const namespace = config.configurable?.checkpoint_ns === undefined ? {} : { checkpointNs: ns };
    const stored = await this.#options.checkpoints.list(this.#options.threadId, {
      ...namespace,
      ...(before === undefined ? {} : { before }),
      ...(options.limit === undefined || options.filter !== undefined ? {} : { limit: options.limit }),
    });
    let left = options.limit ?? Number.POSITIVE_INFINITY;
    for (const checkpoint of stored) {
      if (left <= 0) return;
      if (id !== undefined && checkpoint.checkpointId !== id) continue;
      if (!matches(checkpoint.metadata, options.filter)) continue;
      left -= 1;
      yield this.#toTuple(checkpoint, isFromOutside);
    }
  }

  override async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<RunnableConfig> {
    const { ns, id: parentId } = keysOf(config);
    const { channel_values: values, ...rest } = checkpoint;
    const { channels, contents } = await this.#encodeValues(ns, checkpoint, newVersions, parentId);
    await this.#options.record([
      {
        type: "checkpoint",
        checkpoint: {
          checkpointNs: ns,
          checkpointId: checkpoint.id,
          parentId: parentId ?? null,
          metadata: toWireValue(metadata) as JsonObject,
          body: { ...(rest as unknown as JsonObject), channels },
          contents,
        },
      },
    ]);
    this.#values.set(ns, values);
    this.#stored.set(ns, contentsOf(channels, checkpoint.channel_versions));
    this.standings.set(ns, checkpoint.id);
    return {
      configurable: { thread_id: this.#options.threadId, checkpoint_ns: ns, checkpoint_id: checkpoint.id },
    };
  }

  /** The content of each channel: that of the parent for what the engine says is not new; the rest is encoded. */
  async #encodeValues(
    ns: string,
    checkpoint: Checkpoint,
    newVersions: ChannelVersions,
    parentId: string | undefined,
  ): Promise<{ channels: Record<string, string>; contents: Content[] }> {
    const inherited = await this.#contentsAt(ns, parentId);
    const contents: Content[] = [];
    const channels: Record<string, string> = {};
    for (const [channel, value] of Object.entries(checkpoint.channel_values)) {
      const same = inherited.get(channel);
      if (channel in newVersions) {
        const encoded = await encodeContent(this.serde, value, this.#known);
        channels[channel] = encoded.hash;
        contents.push(...encoded.contents);
      } else if (same !== undefined && same.version === checkpoint.channel_versions[channel]) {
        channels[channel] = same.hash;
      }
    }
    return { channels, contents };
  }

  async #contentsAt(ns: string, checkpointId: string | undefined): Promise<Contents> {
    if (checkpointId === undefined) return new Map();
    const known = this.standings.get(ns) === checkpointId ? this.#stored.get(ns) : undefined;
    if (known !== undefined) return known;
    const stored = await this.#options.checkpoints.find(this.#options.threadId, ns, checkpointId);
    return stored === undefined ? new Map() : storedContents(stored);
  }

  override async putWrites(
    config: RunnableConfig,
    writes: PendingWrite[],
    taskId: string,
    taskPath = "",
  ): Promise<void> {
    const { ns, id } = keysOf(config);
    if (id === undefined) throw new Error("putWrites needs configurable.checkpoint_id.");
    for (const [, value] of writes) nameMessages(value);
    const encoded = await Promise.all(
      writes.map(([, value]) => encodeContent(this.serde, value, this.#known)),
    );
    const facts: Fact[] = [
      {
        type: "writes",
        writes: {
          checkpointNs: ns,
          checkpointId: id,
          taskId,
          taskPath,
          writes: writes.map(([channel], index) => ({
            index: WRITES_IDX_MAP[channel] ?? index,
            channel,
            hash: (encoded[index] as { hash: string }).hash,
          })),
          contents: encoded.flatMap(({ contents }) => contents),
        },
      },
    ];
    for (const [channel, value] of writes) {
      if (channel === "__interrupt__") facts.push(...this.#toInterrupts(value, ns, taskId));
    }
    await this.#options.record(facts);
  }

  override async deleteThread(threadId: string): Promise<void> {
    await this.#options.checkpoints.delete(threadId);
    this.standings.clear();
    this.#values.clear();
    this.#stored.clear();
    this.#known = createKnownMessages();
  }

  #toInterrupts(write: unknown, ns: string, taskId: string): Fact[] {
    const namespace = ns === "" ? [] : ns.split("|");
    return [write].flat().flatMap((raw): Fact[] => {
      if (!isRecord(raw) || typeof raw.id !== "string") return [];
      const value = toWireValue(raw.value ?? null) as Json;
      const responseSchema = (raw.response_schema ?? null) as Json;
      const digest = digestOf(value);
      return [
        {
          type: "interrupt",
          interrupt: {
            interruptId: raw.id,
            taskId,
            namespace,
            value,
            responseSchema,
            digest,
            source: "graph",
            effectKey: null,
            ...(this.#options.termsOf?.(taskId, digest) ?? openTerms),
          },
          event: this.#options.requested({ id: raw.id, value, responseSchema }, namespace),
        },
      ];
    });
  }

  #remember(stored: StoredCheckpoint): void {
    const { checkpointNs, checkpointId } = stored;
    this.standings.set(checkpointNs, checkpointId);
    this.#stored.set(checkpointNs, storedContents(stored));
  }

  /** Before version 4 of the engine's format, pending `Send`s were writes of the parent checkpoint. */
  async #migrateSends(checkpoint: Checkpoint, ns: string, parentId: string): Promise<void> {
    const parent = await this.getTuple(toConfig(this.#options.threadId, ns, parentId));
    const sends = (parent?.pendingWrites ?? []).filter(([, channel]) => channel === TASKS);
    const versions = Object.values(checkpoint.channel_versions);
    checkpoint.channel_values[TASKS] = sends.map(([, , value]) => value);
    checkpoint.channel_versions[TASKS] =
      versions.length > 0 ? maxChannelVersion(...versions) : this.getNextVersion(undefined);
  }

  /** Of long channels that are added to by their writes' deltas, what is replayed is what it was. */
  override getDeltaChannelHistory(options: DeltaHistoryOptions): ReturnType<DeltaHistory> {
    if (!this.#options.isShown) return super.getDeltaChannelHistory(options);
    return new ThreadCheckpointer({ ...this.#options, isShown: false }).getDeltaChannelHistory(options);
  }

  /** @param isApplied - True for writes that the engine adds to the values, by the graph's own reducers. */
  async #toTuple(
    stored: StoredCheckpoint,
    isApplied: (write: StoredWrite) => boolean,
  ): Promise<CheckpointTuple> {
    const { checkpoints, threadId } = this.#options;
    const { checkpointNs, checkpointId, parentId, metadata, body } = stored;
    const writes = await checkpoints.writes(threadId, checkpointNs, checkpointId);
    const key = (write: (typeof writes)[number]) => writesSortKey(write.taskPath, write.taskId, write.index);
    writes.sort((a, b) => compareWritesSortKeys(key(a), key(b)));
    const held = this.#options.standing?.valuesAt(checkpointNs, checkpointId);
    const channels = held ? [] : Object.entries(body.channels as Record<string, string>);
    const isShown = this.#options.isShown === true && !writes.some(isApplied);
    const decode = await loadContents(
      this.serde,
      [...channels.map(([, hash]) => hash), ...writes.map(({ hash }) => hash)],
      (hashes) => checkpoints.contents(threadId, hashes),
      isShown ? this.#shown : this.#known,
    );
    const values = await Promise.all(
      channels.map(async ([name, hash]) => [name, await decode(hash)] as const),
    );
    const pendingWrites = await Promise.all(
      writes.map(async ({ taskId, channel, hash }): Promise<CheckpointPendingWrite> => {
        return [taskId, channel, await decode(hash)];
      }),
    );
    const { channels: _, ...rest } = body;
    const checkpoint = {
      ...(rest as unknown as Omit<Checkpoint, "channel_values">),
      channel_values: { ...held, ...Object.fromEntries(values) },
    };
    if (checkpoint.v < 4 && parentId !== null) await this.#migrateSends(checkpoint, checkpointNs, parentId);
    return {
      config: toConfig(threadId, checkpointNs, checkpointId),
      checkpoint,
      metadata: metadata as unknown as CheckpointMetadata,
      ...(parentId === null ? {} : { parentConfig: toConfig(threadId, checkpointNs, parentId) }),
      pendingWrites,
    };
  }
}

/** What tasks have put out is in the values of the head; from the outside of a graph, in those of any checkpoint. */
const isOutput = ({ channel }: StoredWrite) => isOutputChannel(channel);
const isFromOutside = (write: StoredWrite) => write.taskId === nullTaskId && isOutput(write);
const nullTaskId = "00000000-0000-0000-0000-000000000000";

function storedContents({ body }: StoredCheckpoint): Contents {
  return contentsOf(
    body.channels as Record<string, string>,
    body.channel_versions as Record<string, unknown>,
  );
}

function contentsOf(channels: Record<string, string>, versions: Record<string, unknown>): Contents {
  return new Map(Object.entries(channels).map(([name, hash]) => [name, { version: versions[name], hash }]));
}

type DeltaHistory = BaseCheckpointSaver["getDeltaChannelHistory"];
type DeltaHistoryOptions = Parameters<DeltaHistory>[0];

function toConfig(threadId: string, ns: string, id: string): RunnableConfig {
  return { configurable: { thread_id: threadId, checkpoint_ns: ns, checkpoint_id: id } };
}

function keysOf(config: RunnableConfig): { ns: string; id: string | undefined } {
  const ns = (config.configurable?.checkpoint_ns as string | undefined) ?? "";
  const id = config.configurable?.checkpoint_id as string | undefined;
  return { ns, id: id === "" ? undefined : id };
}

function matches(metadata: JsonObject, filter: Record<string, unknown> | undefined): boolean {
  return Object.entries(filter ?? {}).every(
    ([key, value]) => JSON.stringify(metadata[key]) === JSON.stringify(value),
  );
}
