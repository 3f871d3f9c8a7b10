import { type RefObject, useCallback, useEffect, useRef } from "react";

/** Frames until a row that comes is surely there. */
const mostTries = 60;

/**
 * Moves the focus to rows by their `data-row`. A row of a long list may not be there yet, or be there hidden until it
 * was measured, and takes no focus then: it gets it in one of the next frames, unless another row is wanted by then.
 */
export function useRowFocus(around: RefObject<HTMLElement | null>): (row: string) => void {
  const frame = useRef<number | undefined>(undefined);
  useEffect(() => () => window.cancelAnimationFrame(frame.current ?? 0), []);
  return useCallback(
    (row) => {
      let tries = 0;
      const reach = () => {
        const element = around.current?.querySelector<HTMLElement>(`[data-row="${CSS.escape(row)}"]`);
        element?.focus({ preventScroll: true });
        tries += 1;
        if (element && document.activeElement === element) element.scrollIntoView({ block: "nearest" });
        else if (tries < mostTries) frame.current = window.requestAnimationFrame(reach);
      };
      window.cancelAnimationFrame(frame.current ?? 0);
      reach();
    },
    [around],
  );
}
