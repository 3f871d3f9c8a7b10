import { stringsOf } from "./json.ts";

/** How far an approved plan runs by itself; `usual` is said by saying nothing of it. */
export type Autonomy = "usual" | "through" | "stop_before_risky";

const known: readonly Autonomy[] = ["through", "stop_before_risky"];

/** What can be chosen, the usual first; none where the question says nothing of it. */
export function autonomyChoices(review: object): Autonomy[] {
  const named = stringsOf((review as { autonomy?: unknown }).autonomy);
  const offered = known.filter((one) => named.includes(one));
  return offered.length > 0 ? ["usual", ...offered] : [];
}

export const autonomyWords: Record<Autonomy, { label: string; hint: string }> = {
  usual: {
    label: "Ask where it matters",
    hint: "Again only where text written on the way goes into a risky step",
  },
  through: { label: "Run it through", hint: "Every step runs as approved" },
  stop_before_risky: {
    label: "Stop before risky steps",
    hint: "Again before all that destroys something or leaves this machine",
  },
};
