import { useEffect, useState } from "react";
import type { Place } from "./use-route.ts";

/** Ms for which what is shown is held in place while the parts above it still grow. */
const holdMs = 1_500;

/**
 * Shows the place that the address names, once it is on the page, and gives it the focus. It never pulls back
 * a person who has moved on.
 *
 * @param content - Changes when there may be more on the page.
 * @returns True once the place has been there.
 */
export function usePlace(place: Place | null, content: unknown): boolean {
  const key = place === null ? null : `${place.type}/${place.id}`;
  const [found, setFound] = useState<string | null>(null);
  const isFound = key !== null && found === key;

  // biome-ignore lint/correctness/useExhaustiveDependencies: it looks again when there may be more to see
  useEffect(() => {
    if (place === null || isFound) return;
    if (elementOf(place) !== null) setFound(key);
  }, [key, content, isFound]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for the place
  useEffect(() => {
    const element = isFound && place ? elementOf(place) : null;
    if (element === null) return;
    element.focus({ preventScroll: true });
    const show = () => element.scrollIntoView({ block: "start" });
    const observer = new ResizeObserver(show);
    const stop = () => {
      observer.disconnect();
      for (const event of moves) window.removeEventListener(event, stop);
    };
    const main = element.closest("main")?.firstElementChild;
    if (main) observer.observe(main);
    for (const event of moves) window.addEventListener(event, stop, { passive: true });
    const timer = window.setTimeout(stop, holdMs);
    show();
    return () => {
      window.clearTimeout(timer);
      stop();
    };
  }, [key, isFound]);
  return isFound;
}

const moves = ["wheel", "touchmove", "keydown", "pointerdown"] as const;

function elementOf({ type, id }: Place): HTMLElement | null {
  const attribute = type === "question" ? "data-interrupt" : "data-step";
  const found = document.querySelectorAll<HTMLElement>(`[${attribute}="${CSS.escape(id)}"]`);
  return found[found.length - 1] ?? null;
}
