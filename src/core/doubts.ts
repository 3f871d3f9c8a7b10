import { createHash } from "node:crypto";
import type { Json, JsonObject } from "../protocol/json.ts";
import { openTerms } from "./asks.ts";
import { digestOf } from "./digest.ts";
import type { AnswerInterrupts, EffectRecord, InterruptRecord, NewInterrupt } from "./ports.ts";

/**
 * Questions that core itself asks, before the engine is called: about effects that were started by an
 * attempt that did not live to say how they ended (invariant 7). Through the engine's `interrupt()` they
 * would shift its interrupt index (engine.md 25).
 */

type Choice = "retry" | "done" | "skip" | "stop";

/** The answers to a doubt, and what becomes of the effect. */
function answerSchema(allowed: Choice[]): Json {
  return {
    oneOf: allowed.map((type) => ({
      title: type,
      type: "object",
      properties: {
        type: { const: type },
        ...(type === "done" ? { result: { description: "What it returned. Any JSON." } } : {}),
      },
      required: ["type"],
      additionalProperties: false,
    })),
  };
}

/**
 * An effect that may have happened, in a task that is going to run again.
 *
 * @param isAnew - That task gets a new id, and with it effects of its own: what became of this one cannot be
 * handed to it, only whether it may run.
 */
export function toDoubt(threadId: string, effect: EffectRecord, { isAnew = false } = {}): NewInterrupt {
  const allowed: Choice[] = isAnew ? ["retry", "stop"] : ["retry", "done", "skip", "stop"];
  const value = {
    type: "effect_in_doubt",
    key: effect.key,
    about: effect.about,
    started_at: new Date(effect.startedAt).toISOString(),
    message:
      "This was started, and then the server lost track of it: it may have happened, or not. Look, and say how to go on.",
    allowed,
  };
  return {
    interruptId: toInterruptId(["effect", threadId, effect.key, effect.startedAt]),
    taskId: taskOf(effect),
    namespace: [],
    value,
    responseSchema: answerSchema(allowed),
    digest: digestOf(value),
    source: "effect",
    effectKey: effect.key,
    ...openTerms,
  };
}

/** The id under which a question is asked the next time. */
export function idAfter(interruptId: string): string {
  return toInterruptId(["again", interruptId]);
}

/** 32 hex digits: what clients take for an interrupt id in a resume map (engine.md 5). */
function toInterruptId(identity: unknown[]): string {
  return createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 32);
}

/** The root task an effect belongs to: of `a:1|b:2` it is `1`. */
export function taskOf({ namespace }: Pick<EffectRecord, "namespace">): string {
  const [first = ""] = namespace.split("|");
  return first.slice(first.lastIndexOf(":") + 1);
}

type Resolution = NonNullable<AnswerInterrupts["resolve"]>[number];

/** What the answers say about the effects. */
export function toResolutions(
  rows: InterruptRecord[],
  answers: { interruptId: string; value: Json }[],
): Resolution[] {
  return answers.flatMap(({ interruptId, value }) => {
    const row = rows.find((one) => one.interruptId === interruptId);
    if (row?.source !== "effect" || row.effectKey === null) return [];
    return [toResolution(row.effectKey, value as JsonObject)];
  });
}

function toResolution(key: string, { type, result = null }: JsonObject): Resolution {
  if (type === "done") return { key, status: "finished", result };
  if (type === "skip") return { key, status: "skipped", result: null };
  // `failed` may start again; after `stop` it stays in doubt, and is asked again should the graph go on.
  return { key, status: type === "retry" ? "failed" : "in_doubt", result: null };
}
