import { useEffect, useState } from "react";
import type { Place } from "./use-route.ts";

/** Ms for which what is shown is held in place while the parts above it still grow. */
const holdMs = 1_500;

/**
 * Shows the place that the address names, once it is on the page, and gives it the focus. It never pulls back
 * a person who has moved on.
 *
 * @returns True once the place has been there.
 */
export function usePlace(place: Place | null): boolean {
  const key = place === null ? null : `${place.type}/${place.id}`;
  const [found, setFound] = useState<string | null>(null);
  const isFound = key !== null && found === key;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for the place
  useEffect(() => {
    if (place === null || isFound) return;
    const look = () => {
      if (elementOf(place) !== null) setFound(key);
    };
    const observer = new MutationObserver(look);
    observer.observe(document.body, { childList: true, subtree: true });
    look();
    return () => observer.disconnect();
  }, [key, isFound]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for the place
  useEffect(() => {
    const element = isFound && place ? elementOf(place) : null;
    if (element === null) return;
    return hold(element, "start", () => {
      if (document.activeElement !== element) element.focus({ preventScroll: true });
    });
  }, [key, isFound]);
  return isFound;
}

/**
 * Brings an element into view and holds it there for a moment, while what is above it still grows, unless the
 * person moves. Returns its undo.
 *
 * @param also - Called whenever it is brought into view: what is only being placed takes no focus yet.
 */
export function hold(element: HTMLElement, block: ScrollLogicalPosition, also?: () => void): () => void {
  const show = () => {
    element.scrollIntoView({ block });
    also?.();
  };
  const observer = new ResizeObserver(show);
  const stop = () => {
    window.clearTimeout(timer);
    observer.disconnect();
    for (const event of moves) window.removeEventListener(event, stop);
  };
  const timer = window.setTimeout(stop, holdMs);
  const main = element.closest("main")?.firstElementChild;
  if (main) observer.observe(main);
  for (const event of moves) window.addEventListener(event, stop, { passive: true });
  show();
  return stop;
}

const moves = ["wheel", "touchmove", "keydown", "pointerdown"] as const;

function elementOf({ type, id: wanted }: Place): HTMLElement | null {
  const id = CSS.escape(wanted);
  const selectors = {
    question: `[data-interrupt="${id}"]`,
    step: `[data-step="${id}"]`,
    message: `[data-message="${id}"], [data-holds~="${id}"]`,
  };
  const found = document.querySelectorAll<HTMLElement>(selectors[type]);
  // A plan that was made anew has the step again; a message may be of several parts.
  return (type === "message" ? found[0] : found[found.length - 1]) ?? null;
}
