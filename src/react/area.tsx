import { createContext, type ReactNode, type RefObject, useContext, useRef } from "react";
import { useLook } from "./countersign.tsx";
import { useKeptFocus } from "./use-kept-focus.ts";

interface AreaProps {
  className?: string;
  children: ReactNode;
}

const Around = createContext<RefObject<HTMLElement | null> | null>(null);

const attribute = "data-countersign-area";

/**
 * A part of the page that is this package's: an element within which its styles hold, and no others; with single
 * keys of its own, and a focus that is not lost. The whole pieces make theirs; building blocks need one around them.
 */
export function Area({ className = "", children }: AreaProps) {
  const { theme, keys } = useLook();
  const element = useRef<HTMLDivElement>(null);
  useKeptFocus(element);
  return (
    <Around.Provider value={element}>
      <div
        ref={element}
        className={`countersign ${className}`}
        data-theme={theme}
        data-keys={keys === "off" ? "off" : undefined}
        // A press beside the buttons counts as being inside, for single keys.
        tabIndex={keys === "inside" ? -1 : undefined}
        {...{ [attribute]: "" }}
      >
        {children}
      </div>
    </Around.Provider>
  );
}

/** Says whether a key pressed at an element is for the area that asks. */
export function useIsForMe(): (target: EventTarget | null) => boolean {
  const { keys } = useLook();
  const around = useContext(Around);
  return (target) => {
    if (keys === "off") return false;
    if (around === null) return keys === "page";
    const at = target instanceof Element ? target.closest(`[${attribute}]`) : null;
    if (around.current === null || (at === null && keys === "inside")) return false;
    return around.current.contains(firstWithin(at));
  };
}

/** The innermost area: where the focus is in one that holds others, the first of them. */
function firstWithin(area: Element | null): Element | null {
  const next = (area ?? document).querySelector(`[${attribute}]`);
  return next === null ? area : firstWithin(next);
}
