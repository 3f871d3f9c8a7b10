import { useEffect, useLayoutEffect, useRef } from "react";

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
  /** The person is where a long card was shown to them from its beginning. */
  const isHeld = useRef(false);

  useEffect(() => {
    const [outer, inner] = [scroller.current, content.current];
    if (outer === null || inner === null) return;
    const onScroll = () => {
      isAtEnd.current = outer.scrollHeight - outer.scrollTop - outer.clientHeight < nearEnd;
    };
    const observer = new ResizeObserver(() => {
      if (isAtEnd.current) outer.scrollTop = outer.scrollHeight;
    });
    outer.addEventListener("scroll", onScroll, { passive: true });
    observer.observe(inner);
    return () => {
      outer.removeEventListener("scroll", onScroll);
      observer.disconnect();
    };
  }, []);

  useLayoutEffect(() => {
    const outer = scroller.current;
    if (outer && question === null && isHeld.current) {
      isHeld.current = false;
      isAtEnd.current = true;
      outer.scrollTop = outer.scrollHeight;
    }
    const card = question === null ? null : outer?.querySelector("[data-waiting=true]");
    if (!outer || !card || !isAtEnd.current || card.clientHeight <= outer.clientHeight) return;
    isAtEnd.current = false;
    isHeld.current = true;
    card.scrollIntoView({ block: "start" });
  }, [question]);

  return { scroller, content };
}
