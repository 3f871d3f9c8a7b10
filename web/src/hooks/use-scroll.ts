import { useCallback, useEffect, useLayoutEffect, useRef } from "react";

interface Scroll {
  scroller: React.RefObject<HTMLElement | null>;
  content: React.RefObject<HTMLDivElement | null>;
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
  /** The person is where what is open was shown to them from its beginning. */
  const isHeld = useRef(false);
  const open = useRef<string | null>(null);
  /** The question that was shown from its beginning: once, so that it never pulls anyone back. */
  const shown = useRef<string | null>(null);

  const follow = useCallback(() => {
    const outer = scroller.current;
    if (outer === null || !isAtEnd.current) return;
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
    outer.scrollTop = outer.scrollHeight;
  }, []);

  useEffect(() => {
    const [outer, inner] = [scroller.current, content.current];
    if (outer === null || inner === null) return;
    const onScroll = () => {
      isAtEnd.current = outer.scrollHeight - outer.scrollTop - outer.clientHeight < nearEnd;
    };
    const observer = new ResizeObserver(follow);
    outer.addEventListener("scroll", onScroll, { passive: true });
    observer.observe(inner);
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

  return { scroller, content };
}
