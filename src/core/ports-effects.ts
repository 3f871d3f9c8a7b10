import type { Json } from "../protocol/json.ts";
import type { Lease } from "./records.ts";

/** The port of effects: the ledger. Part of `ports.ts`, which adapters import. */

/** `in_doubt`: it may have happened. `skipped`: a person said to go on without it. */
export type EffectStatus = "started" | "finished" | "failed" | "in_doubt" | "skipped";

export interface NewEffect {
  key: string;
  /** The checkpoint namespace of the task that performs it. */
  namespace: string;
  /** Running it twice is as good as once. */
  idempotent: boolean;
  /** What a person is told who must decide about it. */
  about: Json;
  at: number;
}

export interface EffectRecord {
  key: string;
  runId: string;
  attempt: number;
  namespace: string;
  idempotent: boolean;
  about: Json;
  status: EffectStatus;
  result: Json;
  startedAt: number;
  /** When what became of it was recorded; null as long as nothing was. */
  endedAt: number | null;
}

export interface EffectPort {
  /**
   * Records the effect as `started`, under the lease, and its run as one that `acted`, when its key is new on the thread, when its last try
   * `failed`, or when it is idempotent and was never known to have `finished` or been `skipped`. Returns the
   * row that stood in the way, or undefined when this call started it.
   */
  start(lease: Lease, effect: NewEffect): Promise<EffectRecord | undefined>;
  /**
   * Records how the effect ended that this attempt started. Not fenced, for a fact stays a fact when the
   * lease is gone; but ignored when another attempt has started it since. What a person said of it meanwhile is only
   * overruled by its having finished.
   */
  end(
    lease: Lease,
    key: string,
    end: { status: "finished" | "failed" | "in_doubt"; result: Json; at: number },
  ): Promise<void>;
  /** Effects of the thread that may have happened: `started` or `in_doubt`, not idempotent. Oldest first. */
  listUnsettled(threadId: string): Promise<EffectRecord[]>;
  /** The effects of the thread that have one of these keys, oldest first. */
  find(threadId: string, keys: readonly string[]): Promise<EffectRecord[]>;
  /** Effects of the thread, oldest first, without their results, which may be large. */
  list(threadId: string, page: { limit: number; offset: number }): Promise<Omit<EffectRecord, "result">[]>;
  /** Effects that this run started last, oldest first. */
  listOfRun(threadId: string, runId: string): Promise<EffectRecord[]>;
}
