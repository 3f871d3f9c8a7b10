import type { AskOptions, AskRegistry } from "../effects/index.ts";
import type { Json } from "../protocol/json.ts";
import { digestOf } from "./digest.ts";
import type { NewInterrupt } from "./ports.ts";
import { toWireValue } from "./wire.ts";

export type AskTerms = Pick<NewInterrupt, "assignees" | "expiresAt" | "onExpiry">;

/** A plain `interrupt()`: everybody may answer, for ever. */
export const openTerms: AskTerms = { assignees: null, expiresAt: null, onExpiry: { type: "hold" } };

/** What `ask()` said in the tasks of one attempt; the checkpointer looks it up when the interrupt arrives. */
export interface Asks extends AskRegistry {
  termsOf(taskId: string, digest: string): AskTerms;
}

export function createAsks(): Asks {
  const asked = new Map<string, AskTerms>();
  const keyOf = (taskId: string, digest: string) => `${taskId}/${digest}`;
  return {
    register(taskId, value, options) {
      asked.set(keyOf(taskId, digestOf(toWireValue(value))), toTerms(options));
    },
    termsOf: (taskId, digest) => asked.get(keyOf(taskId, digest)) ?? openTerms,
  };
}

function toTerms({ assignees, expiresAt, onExpiry }: AskOptions): AskTerms {
  return {
    assignees: assignees ?? null,
    expiresAt: expiresAt?.getTime() ?? null,
    onExpiry:
      onExpiry?.type === "answer"
        ? { type: "answer", value: toWireValue(onExpiry.value) as Json }
        : (onExpiry ?? { type: "hold" }),
  };
}
