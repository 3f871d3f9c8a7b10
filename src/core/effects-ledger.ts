import {
  type EffectContext,
  EffectInDoubtError,
  type EffectLedger,
  type EffectRequest,
  EffectSkippedError,
  isUncertain,
} from "../effects/index.ts";
import { isCountersignError } from "../protocol/errors.ts";
import type { Json } from "../protocol/json.ts";
import { digestOf } from "./digest.ts";
import type { EffectPort, EffectRecord, Lease } from "./ports.ts";
import { toWireValue } from "./wire.ts";

/** The ledger of one attempt, and a way to wait until what it started has settled. */
export interface AttemptLedger extends EffectLedger {
  settled(): Promise<void>;
  /** Effects of other tasks that came up again, each with the namespace of the task that waits for it. */
  doubts(): EffectRecord[];
}

export interface LedgerOptions {
  effects: EffectPort;
  lease: Lease;
  now: () => number;
  signal: AbortSignal;
  /** Told when an effect was recorded as started: its run has acted. */
  onStart: () => void;
  /** Told when the store fails, before the node that asked hears of it. */
  onFailure: (error: unknown) => void;
  /**
   * Told when a node waits for an effect in doubt, and nothing else is being done outside: the attempt is to end,
   * and a person to be asked. The node goes no further.
   */
  onDoubt: () => void;
}

export function createEffectsLedger({
  effects,
  lease,
  now,
  signal,
  onStart,
  onFailure,
  onDoubt,
}: LedgerOptions): AttemptLedger {
  /** What runs now, by key: the same effect asked for twice at once is one effect. */
  const running = new Map<string, Promise<unknown>>();
  /** What a person must say something about first, by key. */
  const doubts = new Map<string, EffectRecord>();

  function tellDoubts(): void {
    const isQuiet = [...running.keys()].every((key) => doubts.has(key));
    if (doubts.size > 0 && isQuiet && !signal.aborted) onDoubt();
  }

  /** Holds the node until the attempt ends. */
  function park(effect: EffectRecord, { namespace, key }: EffectRequest): Promise<never> {
    doubts.set(key, { ...effect, namespace });
    tellDoubts();
    return new Promise((_, reject) => {
      const end = () => reject(new EffectInDoubtError(key));
      if (signal.aborted) end();
      else signal.addEventListener("abort", end, { once: true });
    });
  }

  /** A node must not take the store's failure for the tool's: see `onFailure`. */
  function guarded<T>(access: Promise<T>): Promise<T> {
    return access.catch((error: unknown) => {
      // What the store refuses for good, such as text it cannot hold, is the tool's affair.
      const isFinal = isCountersignError(error) && !["lease_lost", "store_unavailable"].includes(error.code);
      if (!isFinal) onFailure(error);
      throw error;
    });
  }

  async function start<T>(request: EffectRequest): Promise<{ result: T } | undefined> {
    const { key } = request;
    signal.throwIfAborted();
    const about = toWireValue(request.about ?? null) as Json;
    const before = await guarded(effects.start(lease, { ...request, about, at: now() }));
    if (before === undefined) {
      onStart();
      return undefined;
    }
    if (before.status === "finished") return { result: before.result as T };
    if (before.status === "skipped") throw new EffectSkippedError(key);
    return park(before, request);
  }

  async function perform<T>(request: EffectRequest, fn: (context: EffectContext) => Promise<T>): Promise<T> {
    const { key, idempotent } = request;
    const recorded = await start<T>(request);
    if (recorded) return recorded.result;
    let result: T;
    try {
      result = await fn({ idempotencyKey: digestOf([lease.threadId, key]), signal });
    } catch (error) {
      const status = !idempotent && (signal.aborted || isUncertain(error)) ? "in_doubt" : "failed";
      // A graph within that stops to ask has not failed: it goes on when that is answered.
      const isAsking = (error as { is_bubble_up?: boolean } | undefined)?.is_bubble_up === true;
      await guarded(effects.end(lease, key, { status, result: isAsking ? null : String(error), at: now() }));
      throw error;
    }
    const end = { status: "finished" as const, result: toWireValue(result) as Json, at: now() };
    await guarded(effects.end(lease, key, end));
    return result;
  }

  return {
    perform<T>(request: EffectRequest, fn: (context: EffectContext) => Promise<T>): Promise<T> {
      const same = running.get(request.key);
      if (same !== undefined) return same as Promise<T>;
      const done = perform(request, fn);
      running.set(request.key, done);
      const forget = () => {
        running.delete(request.key);
        tellDoubts();
      };
      done.then(forget, forget);
      return done;
    },
    async find(keys) {
      const found = await guarded(effects.find(lease.threadId, keys));
      return found.map(({ key, status, result }) => ({ key, status, result }));
    },
    async settled() {
      await Promise.allSettled(running.values());
    },
    doubts: () => [...doubts.values()],
  };
}
