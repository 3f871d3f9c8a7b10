import { type EffectContext, EffectInDoubtError, type EffectLedger } from "../effects/index.ts";
import type { Json } from "../protocol/json.ts";
import { digestOf } from "./digest.ts";
import type { EffectPort, Lease } from "./ports.ts";
import { toWireValue } from "./wire.ts";

/** The ledger of one attempt, and a way to wait until what it started has settled. */
export interface AttemptLedger extends EffectLedger {
  settled(): Promise<void>;
}

export function createEffectsLedger(
  effects: EffectPort,
  lease: Lease,
  now: () => number,
  signal: AbortSignal,
): AttemptLedger {
  const running = new Set<Promise<unknown>>();

  async function perform<T>(
    { key, idempotent }: { key: string; idempotent: boolean },
    fn: (context: EffectContext) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const before = await effects.start(lease, key, now());
    if (before?.status === "finished") return before.result as T;
    if (before !== undefined && !idempotent) throw new EffectInDoubtError(key);
    try {
      const result = await fn({ idempotencyKey: digestOf([lease.threadId, key]), signal });
      await effects.end(lease.threadId, key, {
        status: "finished",
        result: toWireValue(result) as Json,
        at: now(),
      });
      return result;
    } catch (error) {
      const status = !idempotent && isUncertain(error, signal) ? "in_doubt" : "failed";
      await effects.end(lease.threadId, key, { status, result: String(error), at: now() });
      throw error;
    }
  }

  return {
    perform(request, fn) {
      const done = perform(request, fn);
      running.add(done);
      const forget = () => running.delete(done);
      done.then(forget, forget);
      return done;
    },
    async settled() {
      await Promise.allSettled(running);
    },
  };
}

/** A tool that says it failed has failed; one that was cut off may have done its work. */
function isUncertain(error: unknown, signal: AbortSignal): boolean {
  if (signal.aborted) return true;
  const { name, code } = error as { name?: string; code?: string | number };
  return (
    name === "TimeoutError" ||
    name === "AbortError" ||
    ["ETIMEDOUT", "ECONNRESET", "EPIPE", "UND_ERR_SOCKET"].includes(String(code)) ||
    // JSON-RPC codes of the MCP SDK: connection closed, request timed out.
    code === -32000 ||
    code === -32001
  );
}
