/** A graph node's config, as far as this module reads it. */
export interface NodeConfig {
  configurable?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
  signal?: AbortSignal;
}

export interface EffectOptions {
  /** Names the effect within its scope: the same key is the same effect. */
  key: string;
  /** `task` (default): once per run of a graph node. `thread`: once per thread, whoever asks. */
  scope?: "task" | "thread";
  /** True when running it twice is as good as running it once; then a crash in the middle repeats it. */
  idempotent?: boolean;
  /** What a person is told who must decide whether it happened. JSON; a `title` is shown as one. */
  about?: unknown;
}

export interface EffectContext {
  /** The same at every try of this effect; hand it to the outside service, which may drop repeats by it. */
  idempotencyKey: string;
  /** Aborts when the run is cancelled. */
  signal: AbortSignal;
}

/** One effect as the ledger is asked for it. */
export interface EffectRequest {
  key: string;
  /** The checkpoint namespace of the task that performs it. */
  namespace: string;
  idempotent: boolean;
  about: unknown;
}

/** What keeps the record. The server puts one into `config.configurable.countersign`. */
export interface EffectLedger {
  perform<T>(request: EffectRequest, fn: (context: EffectContext) => Promise<T>): Promise<T>;
  /** What is recorded under these keys of the thread, oldest first; nothing for those that were never begun. */
  find?(keys: readonly string[]): Promise<RecordedEffect[]>;
}

/** What became of an effect, as far as it is known. */
export interface RecordedEffect {
  key: string;
  /** `started` and `in_doubt`: it may have happened. `skipped`: so it may, and a person goes on without knowing. */
  status: "started" | "finished" | "failed" | "in_doubt" | "skipped";
  /** JSON: what it returned; of one that failed or is in doubt, the error as text. */
  result: unknown;
}

/** The effect was started by an attempt that did not live to say how it ended: it may have happened. */
export class EffectInDoubtError extends Error {
  readonly key: string;

  constructor(key: string) {
    super("This may have run already: it was started, and the attempt ended before it said how it went.");
    this.name = "EffectInDoubtError";
    this.key = key;
  }
}

/** A person was asked about the effect in doubt, and said to go on without it. */
export class EffectSkippedError extends Error {
  readonly key: string;

  constructor(key: string) {
    super("This was skipped: it may have run, and a person chose to go on without knowing.");
    this.name = "EffectSkippedError";
    this.key = key;
  }
}

/**
 * Runs a side effect under the record of effects: `started` is written before, `finished` with the result
 * after. A finished effect is not run again; its recorded result is returned (JSON, so return JSON).
 * One that was cut off and is not idempotent is asked about before the graph goes on: a person says
 * *retry*, *mark as done* (with a result), *skip* or *stop*.
 * Without a server of ours (plain LangGraph, or no graph at all) it just runs `fn`.
 *
 * @param config - The config that LangGraph handed to the node.
 * Where its key comes up again from another task, or after a time-out, the node waits until what else runs has
 * settled; then the attempt ends, and a person is asked.
 * @throws {@link EffectSkippedError} when a person said to skip it; {@link EffectInDoubtError} when the attempt
 * ends while it is in doubt; whatever `fn` throws.
 */
export async function effect<T>(
  config: NodeConfig,
  { key, scope = "task", idempotent = false, about = null }: EffectOptions,
  fn: (context: EffectContext) => Promise<T>,
): Promise<T> {
  const namespace = namespaceOf(config);
  const fullKey = scope === "thread" ? key : `${namespace}/${key}`;
  const ledger = findLedger(config);
  if (ledger) return ledger.perform({ key: fullKey, namespace, idempotent, about }, fn);
  return fn({ idempotencyKey: fullKey, signal: config.signal ?? new AbortController().signal });
}

/**
 * What became of effects of scope `thread`, by their keys, oldest first: also of those whose node was stopped
 * before it could tell. `[]` where no server of ours keeps the record.
 */
export async function findEffects(config: NodeConfig, keys: readonly string[]): Promise<RecordedEffect[]> {
  return (await findLedger(config)?.find?.(keys)) ?? [];
}

function findLedger(config: NodeConfig): EffectLedger | undefined {
  const context = config.configurable?.countersign as { effects?: EffectLedger } | undefined;
  return context?.effects;
}

function namespaceOf(config: NodeConfig): string {
  return String(config.metadata?.langgraph_checkpoint_ns ?? "");
}
