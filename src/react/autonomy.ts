import { stringsOf } from "./json.ts";
import { words } from "./words.ts";

/** How far an approved plan runs by itself; `usual` is said by saying nothing of it. */
export type Autonomy = "usual" | "through" | "stop_before_risky";

const known: readonly Autonomy[] = ["through", "stop_before_risky"];

/** What can be chosen, the usual first; none where the question says nothing of it. */
export function autonomyChoices(review: object): Autonomy[] {
  const named = stringsOf((review as { autonomy?: unknown }).autonomy);
  const offered = known.filter((one) => named.includes(one));
  return offered.length > 0 ? ["usual", ...offered] : [];
}

/** What a choice is called, and what it means. */
export function autonomyWords(one: Autonomy): { label: string; hint: string } {
  const { autonomy } = words;
  if (one === "through") return { label: autonomy.through, hint: autonomy.throughHint };
  if (one === "usual") return { label: autonomy.usual, hint: autonomy.usualHint };
  return { label: autonomy.beforeRisky, hint: autonomy.beforeRiskyHint };
}
