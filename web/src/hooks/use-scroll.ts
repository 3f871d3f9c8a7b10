import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

interface Scroll {
  scroller: React.RefObject<HTMLElement | null>;
  content: React.RefObject<HTMLDivElement | null>;
  /** The person has scrolled away from the end. */
  isAway: boolean;
  toEnd: () => void;
}

/** Pixels from the end within which the person counts as being at the end. */
const nearEnd = 80;

/**
 * Follows what is written while the person is at the end, and never moves when they have scrolled away.
 * A question that does not fit on the screen is shown from its beginning; once it is answered, it follows again.
 *
 * @param question - Changes when another question is open; null when none is.
 */
export function useScroll(question: string | null): Scroll {
  const scroller = useRef<HTMLElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const [isAway, setAway] = useState(false);
  /** The person is where what is open was shown to them from its beginning. */
  const isHeld = useRef(false);
  const open = useRef<string | null>(null);
  /** The question that was shown from its beginning: once, so that it never pulls anyone back. */
  const shown = useRef<string | null>(null);

  /** Where the page was moved to the end: such a move tells nothing of the person. */
  const put = useRef(-1);
  const toBottom = useCallback((outer: HTMLElement) => {
    outer.scrollTop = outer.scrollHeight;
    put.current = outer.scrollTop;
  }, []);

  const follow = useCallback(() => {
    const outer = scroller.current;
    if (outer === null) return;
    if (!isAtEnd.current) {
      setAway(distanceOf(outer) >= nearEnd);
      return;
    }
    const card = open.current === null ? null : outer.querySelector("[data-waiting=true]");
    const top =
      card && card.getBoundingClientRect().top - outer.getBoundingClientRect().top + outer.scrollTop;
    if (card && top !== null && shown.current !== open.current) {
      if (outer.scrollHeight - top > outer.clientHeight) {
        shown.current = open.current;
        isAtEnd.current = false;
        isHeld.current = true;
        card.scrollIntoView({ block: "start" });
        return;
      }
    }
    toBottom(outer);
  }, [toBottom]);

  useEffect(() => {
    const [outer, inner] = [scroller.current, content.current];
    if (outer === null || inner === null) return;
    const onScroll = () => {
      // What grows while the page is being moved to the end is no move of the person's.
      const isOurs = Math.abs(outer.scrollTop - put.current) < 1;
      if (!isOurs || distanceOf(outer) < nearEnd) isAtEnd.current = distanceOf(outer) < nearEnd;
      setAway(!isAtEnd.current);
    };
    const observer = new ResizeObserver(follow);
    outer.addEventListener("scroll", onScroll, { passive: true });
    observer.observe(inner);
    observer.observe(outer);
    return () => {
      outer.removeEventListener("scroll", onScroll);
      observer.disconnect();
    };
  }, [follow]);

  useLayoutEffect(() => {
    open.current = question;
    if (question === null && isHeld.current) {
      isHeld.current = false;
      isAtEnd.current = true;
    }
    follow();
  }, [question, follow]);

  const toEnd = useCallback(() => {
    isAtEnd.current = true;
    if (scroller.current !== null) toBottom(scroller.current);
  }, [toBottom]);
  return { scroller, content, isAway, toEnd };
}

function distanceOf({ scrollHeight, scrollTop, clientHeight }: HTMLElement): number {
  return scrollHeight - scrollTop - clientHeight;
}
