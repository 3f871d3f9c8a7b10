import { type RefObject, useEffect } from "react";

/**
 * The focus is never lost: when what had it goes away (a card that is answered, a button that gives way to
 * another), it moves to the next open question, else to what was around it; when it was only switched off for a
 * moment, it comes back.
 */
export function useKeptFocus(root: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const outer = root.current;
    if (outer === null) return;
    let last: { element: HTMLElement; around: Element[] } | null = null;

    const focused = ({ target }: FocusEvent) => {
      const element = target instanceof HTMLElement && outer.contains(target) ? target : null;
      last = element && element !== outer ? { element, around: elementsAround(element, outer) } : null;
    };
    // What the person lets go of is not given back to them.
    const blurred = () => queueMicrotask(() => isHere(last?.element) && !hasFocus() && forget());
    const forget = () => {
      last = null;
    };
    const changed = () => {
      if (last === null || hasFocus()) return;
      const { element, around } = last;
      if (isHere(element)) element.focus({ preventScroll: true });
      else if (!element.isConnected) homeOf(around, outer)?.focus({ preventScroll: true });
    };

    const observer = new MutationObserver(changed);
    observer.observe(outer, { childList: true, subtree: true, attributeFilter: ["disabled"] });
    document.addEventListener("focusin", focused);
    outer.addEventListener("focusout", blurred);
    document.addEventListener("pointerdown", forget, true);
    return () => {
      observer.disconnect();
      document.removeEventListener("focusin", focused);
      outer.removeEventListener("focusout", blurred);
      document.removeEventListener("pointerdown", forget, true);
    };
  }, [root]);
}

function hasFocus(): boolean {
  return document.activeElement !== null && document.activeElement !== document.body;
}

function isHere(element: HTMLElement | undefined): boolean {
  return element?.isConnected === true && !element.matches(":disabled");
}

function elementsAround(element: HTMLElement, outer: HTMLElement): Element[] {
  const around: Element[] = [];
  for (let at = element.parentElement; at !== null && at !== outer; at = at.parentElement) around.push(at);
  return around;
}

/** What may have the focus in place of something in it that is gone. */
const places = "section, article, nav, main, dialog";

/** Where the focus goes from what is gone. */
function homeOf(around: readonly Element[], outer: HTMLElement): HTMLElement | null {
  const wasQuestion = around.some(
    (one) => !one.isConnected && one.matches("[data-interrupt], [data-waiting]"),
  );
  const next = wasQuestion ? outer.querySelector<HTMLElement>("[data-interrupt], [data-waiting=true]") : null;
  const nearest = around.find((one) => one.isConnected)?.closest<HTMLElement>(places);
  const inside = next ?? (nearest && outer.contains(nearest) ? nearest : outer);
  // An area with nothing left in it cannot have the focus.
  const home = isShown(inside) ? inside : (outer.parentElement?.closest<HTMLElement>(places) ?? null);
  if (home !== null && home.tabIndex < 0 && !home.hasAttribute("tabindex")) home.tabIndex = -1;
  return home;
}

function isShown(element: HTMLElement): boolean {
  return element.getClientRects().length > 0 && element.offsetHeight > 0;
}
