import type { HistoryState } from "../lib/history.ts";
import { wordsLater as words } from "../words-later.ts";

export function idOf({ checkpoint }: Pick<HistoryState, "checkpoint">): string {
  return checkpoint.checkpoint_id ?? "";
}

export function stepOf({ metadata }: HistoryState): string {
  const step = (metadata as { step?: number } | null)?.step;
  return step === undefined ? "" : String(step);
}

/** What comes next from there, as far as it is known; the end, when nothing does. */
export function titleOf({ next, tasks, metadata }: HistoryState): string {
  const source = (metadata as { source?: string } | null)?.source;
  const { asks, beforeNodes, input, byHand, end } = words.history;
  const asking = tasks.filter(({ interrupts }) => interrupts.length > 0).map(({ name }) => name);
  if (asking.length > 0) return asks(asking.join(", "));
  if (source === "input") return input;
  if (next.length > 0) return beforeNodes([...new Set(next)].join(", "));
  return source === "update" || source === "fork" ? byHand : end;
}
