import type { Plan, PlanStep } from "countersign/agent";
import { allowedOf, isRecord, textOf } from "./json.ts";
import { riskOf } from "./risks.ts";

/** What may be said about an effect in doubt. */
export type DoubtAnswer =
  | { type: "retry" }
  | { type: "done"; result: string }
  | { type: "skip" }
  | { type: "stop" };

export type DoubtChoice = DoubtAnswer["type"];

/** The question what became of something that was started. What is not known of it is null, or empty. */
export interface Doubt {
  interruptId: string;
  key: string;
  title: string | null;
  tool: string | null;
  risk: PlanStep["risk"] | null;
  /** All else that is known about it: its arguments. */
  args: Record<string, unknown>;
  /** ISO 8601. */
  startedAt: string | null;
  message: string;
  allowed: DoubtChoice[];
}

const choices: DoubtChoice[] = ["retry", "done", "skip", "stop"];
const defaultMessage = "This was started and never reported back: it may have happened, or not. Look first.";

/** The question as a doubt, or null when it asks something else. Any graph may ask, and say as little as it likes. */
export function toDoubt({ interruptId, value }: { interruptId: string; value: unknown }): Doubt | null {
  if (!isRecord(value) || value.type !== "effect_in_doubt") return null;
  const { about, key, started_at: startedAt, message, allowed } = value;
  const { title, tool, risk, args, ...rest } = isRecord(about) ? about : { title: about };
  return {
    interruptId,
    key: textOf(key) ?? "",
    title: textOf(title),
    tool: textOf(tool),
    risk: riskOf(risk),
    args: { ...rest, ...(isRecord(args) ? args : args == null ? {} : { arguments: args }) },
    startedAt: typeof startedAt === "string" && !Number.isNaN(Date.parse(startedAt)) ? startedAt : null,
    message: textOf(message) ?? defaultMessage,
    allowed: allowedOf(choices, allowed),
  };
}

/** The plan's step that an effect belongs to, by its key: the agent's are `<digest>/<step>/<try>`. */
export function stepOfEffect({ digest, steps }: Plan, key: string): string | undefined {
  const wanted = key.replace(/\/\d+$/, "");
  return steps.find(({ id }) => wanted === `${digest}/${id}`)?.id;
}
