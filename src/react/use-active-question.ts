import { useCallback, useState } from "react";
import type { Question } from "./questions.ts";
import { useSingleKeys } from "./use-single-keys.ts";

interface OpenQuestions {
  /** The one that is a plan review, where that has a place of its own. */
  review: Question | null;
  questions: readonly Question[];
}

/**
 * The open question that single keys answer: the one where the person was last, else the first. `j` and `k` go to
 * the next and the one before.
 */
export function useActiveQuestion({
  review,
  questions,
}: OpenQuestions): [active: string | null, activate: (interruptId: string) => void] {
  const [chosen, setChosen] = useState<string | null>(null);
  const open = [...(review ? [review] : []), ...questions].map(({ interruptId }) => interruptId);
  const active = chosen !== null && open.includes(chosen) ? chosen : (open[0] ?? null);

  const go = useCallback((interruptId: string | undefined) => {
    if (interruptId === undefined) return;
    setChosen(interruptId);
    const card = document.querySelector<HTMLElement>(`[data-interrupt="${CSS.escape(interruptId)}"]`);
    card?.scrollIntoView({ block: "nearest" });
    card?.focus({ preventScroll: true });
  }, []);
  const at = active === null ? -1 : open.indexOf(active);
  useSingleKeys(open.length > 1, { j: () => go(open[at + 1]), k: () => go(open[at - 1]) });
  return [active, setChosen];
}
