import type { Plan, PlanStep } from "countersign/agent";

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
const risks: PlanStep["risk"][] = ["read", "write", "destructive", "external"];
const defaultMessage = "This was started and never reported back: it may have happened, or not. Look first.";

/** The question as a doubt, or null when it asks something else. Any graph may ask, and say as little as it likes. */
export function toDoubt({ interruptId, value }: { interruptId: string; value: unknown }): Doubt | null {
  if (!isRecord(value) || value.type !== "effect_in_doubt") return null;
  const { about, key, started_at: startedAt, message, allowed } = value;
  const { title, tool, risk, args, ...rest } = isRecord(about) ? about : { title: about };
  const named = choices.filter((choice) => Array.isArray(allowed) && allowed.includes(choice));
  return {
    interruptId,
    key: textOf(key) ?? "",
    title: textOf(title),
    tool: textOf(tool),
    risk: risks.find((one) => one === risk) ?? null,
    args: { ...rest, ...(isRecord(args) ? args : args == null ? {} : { arguments: args }) },
    startedAt: typeof startedAt === "string" && !Number.isNaN(Date.parse(startedAt)) ? startedAt : null,
    message: textOf(message) ?? defaultMessage,
    allowed: named.length > 0 ? named : choices,
  };
}

/** The plan's step that an effect belongs to, by its key: the agent's are `<digest>/<step>/<try>`. */
export function stepOfEffect({ digest, steps }: Plan, key: string): string | undefined {
  const wanted = key.replace(/\/\d+$/, "");
  return steps.find(({ id }) => wanted === `${digest}/${id}`)?.id;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value.trim() !== "" ? value : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
