import { setTimeout as delay } from "node:timers/promises";
import { isGraphBubbleUp } from "@langchain/langgraph";
import { type EffectContext, effect, findEffects, isUncertain } from "../effects/index.ts";
import { schemaIssues } from "../protocol/json-schema.ts";
import { callTool } from "./call-tool.ts";
import type { AgentContext, NodeConfig } from "./context.ts";
import { type RecordedOutput, toRecorded } from "./media.ts";
import type { PlanStep } from "./plan.ts";
import { policyFor } from "./policy.ts";

/** The time of a call was up. It was aborted, and may have happened. */
export class StepTimeoutError extends Error {
  constructor(milliseconds: number) {
    super(
      `It took longer than ${milliseconds / 1000} s and was stopped. It may have happened, wholly or in part.`,
    );
    // Read by `isUncertain`.
    this.name = "TimeoutError";
  }
}

export interface StepCall {
  planId: string;
  digest: string;
  step: PlanStep;
  /** All of them, late ones filled. */
  args: Record<string, unknown>;
  /** 1 for the first try; one more each time a person says to try again. */
  number: number;
}

/** Under which a call is recorded: each try that a person asked for is a call of its own. */
export function effectKey(digest: string, step: string, number: number): string {
  return `${digest}/${step}/${number}`;
}

/**
 * Makes the call of a step, once: under the record of effects, within its time, and again as often as its
 * policy declares; but not when it may have happened and twice would be too often.
 *
 * @returns What the tool returned, a {@link RecordedOutput}; any JSON when a person said what it was.
 * @throws {@link StepTimeoutError}; what the tool throws; `EffectSkippedError`.
 */
export async function performStep(
  context: AgentContext,
  { planId, digest, step, args, number }: StepCall,
  config: NodeConfig,
): Promise<unknown> {
  const spec = context.specs.find(({ name }) => name === step.tool);
  if (spec === undefined) throw new Error(`There is no tool ${step.tool} here any more. Make a new plan.`);
  const issues = schemaIssues(spec.inputSchema, args);
  if (issues.length > 0) throw new Error(`The arguments do not fit the tool: ${issues.join("; ")}.`);
  const key = effectKey(digest, step.id, number);
  if (!spec.idempotent) await refuseFailed(config, key);
  const {
    timeoutMs = context.stepTimeoutMs,
    retries = 0,
    retryDelayMs = 500,
  } = policyFor(context.policy, { tool: step.tool, args });
  return effect(
    config,
    {
      key,
      scope: "thread",
      idempotent: spec.idempotent,
      about: { title: step.title, tool: step.tool, args, risk: step.risk },
    },
    async ({ idempotencyKey, signal }: EffectContext): Promise<RecordedOutput> => {
      const call = { id: `${planId}:${step.id}`, name: step.tool, args };
      for (let retry = 0; ; retry += 1) {
        try {
          const output = await within(timeoutMs, signal, (limited) =>
            callTool(context, call, { ...config, signal: limited }, idempotencyKey),
          );
          return toRecorded(output);
        } catch (error) {
          signal.throwIfAborted();
          // A graph that is the tool asks somebody: that is no failure.
          if (isGraphBubbleUp(error)) throw error;
          if (retry >= retries || (!spec.idempotent && isUncertain(error))) throw error;
          await delay(retryDelayMs * 2 ** retry, undefined, { signal });
        }
      }
    },
  );
}

/**
 * The record lets a failed effect start again. Whether a failed call is made again is a person's to say: also when
 * the process died before the failure was in the state.
 *
 * @throws what the tool said. A person who was asked about a call in doubt, and said to try again, left no error.
 */
async function refuseFailed(config: NodeConfig, key: string): Promise<void> {
  const [known] = await findEffects(config, [key]);
  if (known?.status !== "failed" || typeof known.result !== "string") return;
  throw new Error(known.result.replace(/^Error: /, ""));
}

/** A tool that does not listen to its signal is not waited for. */
async function within<T>(
  milliseconds: number,
  signal: AbortSignal,
  fn: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (milliseconds === Number.POSITIVE_INFINITY) return fn(signal);
  const clock = new AbortController();
  const timedOut = new StepTimeoutError(milliseconds);
  let timer: NodeJS.Timeout | undefined;
  const isUp = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      clock.abort(timedOut);
      reject(timedOut);
    }, milliseconds);
  });
  try {
    return await Promise.race([fn(AbortSignal.any([signal, clock.signal])), isUp]);
  } finally {
    clearTimeout(timer);
  }
}
