import { CountersignError } from "../protocol/errors.ts";
import type { Json } from "../protocol/json.ts";
import { schemaIssues } from "../protocol/json-schema.ts";
import type { Bridge } from "./bridge.ts";
import type { Engine } from "./graph.ts";
import type { InterruptRecord, Refusal } from "./ports.ts";

/**
 * Judges an answer before anything is written (invariant 2): first the question's own JSON Schema and the rules
 * of its dialect, then the graph's `validateAnswer`.
 *
 * @throws `invalid_answer` with every issue found.
 */
export function checkAnswer(
  { engine, bridge }: { engine: Engine; bridge: Bridge },
  interrupt: InterruptRecord,
  value: Json,
): void {
  const issues = [...schemaIssues(interrupt.responseSchema, value), ...bridge.issues(interrupt, value)];
  if (issues.length === 0 && interrupt.source === "graph") {
    issues.push(...(engine.validateAnswer?.(interrupt, value) ?? []));
  }
  if (issues.length === 0) return;
  throw new CountersignError(
    "invalid_answer",
    `The answer to interrupt ${interrupt.interruptId} is not valid: ${issues.slice(0, 5).map(withoutStop).join("; ")}. Correct it and send it again; the question stays open.`,
    { interrupt_id: interrupt.interruptId, issues },
  );
}

/** The issue as part of a sentence. */
function withoutStop(issue: string): string {
  return issue.replace(/\.$/, "");
}

function isUndone(refusal: Refusal): boolean {
  return refusal.reason === "closed" && refusal.status === "undone";
}

/** Why answers were refused, in words: who was first, or which questions are open. */
export function refusedAnswers(refusals: Refusal[], openIds: string[]): CountersignError {
  const [first] = refusals;
  const open =
    openIds.length > 0
      ? `Open on this thread: ${openIds.join(", ")}.`
      : "No question is open on this thread.";
  const winner =
    first?.reason === "closed" && first.answeredBy
      ? { answered_by: first.answeredBy.id, answered_at: new Date(first.answeredAt ?? 0).toISOString() }
      : undefined;
  const what =
    first === undefined || first.reason === "unknown"
      ? `There is no interrupt ${first?.interruptId} on this thread.`
      : winner
        ? `Interrupt ${first.interruptId} was answered by ${winner.answered_by} at ${winner.answered_at}${isUndone(first) ? ", and that was taken back" : ""}.`
        : `Interrupt ${first.interruptId} is ${first.status}.`;
  return new CountersignError(
    "no_such_interrupt",
    `${what} ${open} Reload the thread to see where it stands.`,
    {
      reason: first?.reason === "closed" ? first.status : "unknown",
      interrupt_ids: refusals.map(({ interruptId }) => interruptId),
      open_ids: openIds,
      ...(winner ? { winner } : {}),
    },
  );
}
