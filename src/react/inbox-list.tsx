import {
  type CSSProperties,
  createContext,
  forwardRef,
  type ReactElement,
  type ReactNode,
  type RefObject,
  useContext,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { Virtualizer, WindowVirtualizer } from "virtua";
import type { InboxEntry } from "./use-inbox.ts";
import { words } from "./words.ts";

/** From so many questions on, only those near the screen are there. */
const many = 100;

interface InboxListProps {
  entries: readonly InboxEntry[];
  /** Stays on the page with those beside it, so that keys can go on from it; -1 for none. */
  current: number;
  children: (entry: InboxEntry) => ReactElement;
}

/** The rows of the inbox, however many, within whatever scrolls around them: an element, or the page. */
export function InboxList({ entries, current, children }: InboxListProps) {
  const isLong = entries.length >= many;
  const outer = useRef<HTMLDivElement>(null);
  const scroller = useScroller(outer, isLong);
  if (!isLong) {
    return (
      <ul aria-label={words.inbox.label}>
        {entries.map((entry) => (
          <li key={`${entry.threadId}/${entry.question.interruptId}`}>{children(entry)}</li>
        ))}
      </ul>
    );
  }
  const shared = {
    as: List,
    item: Item,
    data: entries,
    keepMounted: [current - 1, current, current + 1].filter((at) => at >= 0 && at < entries.length),
    children,
  };
  return (
    <div ref={outer}>
      <Length.Provider value={entries.length}>
        {scroller === null ? null : scroller.element === null ? (
          <WindowVirtualizer {...shared} />
        ) : (
          <Virtualizer {...shared} scrollRef={{ current: scroller.element }} startMargin={scroller.margin} />
        )}
      </Length.Provider>
    </div>
  );
}

interface Scroller {
  /** Null: the page itself. */
  element: HTMLElement | null;
  /** Pixels between its beginning and that of the list. */
  margin: number;
}

/** What scrolls around an element; null until it is looked for. */
function useScroller(inner: RefObject<HTMLElement | null>, isOn: boolean): Scroller | null {
  const [scroller, setScroller] = useState<Scroller | null>(null);
  // What is above the list may have changed with every render.
  useLayoutEffect(() => {
    if (!isOn || inner.current === null) return;
    const element = scrollerOf(inner.current);
    const distance =
      element && inner.current.getBoundingClientRect().top - element.getBoundingClientRect().top;
    const margin = element === null ? 0 : Math.round((distance ?? 0) + element.scrollTop);
    if (scroller?.element !== element || scroller.margin !== margin) setScroller({ element, margin });
  });
  return scroller;
}

function scrollerOf(inner: HTMLElement): HTMLElement | null {
  for (let at = inner.parentElement; at !== null && at !== document.body; at = at.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(at).overflowY)) return at;
  }
  return null;
}

const Length = createContext(0);

interface PartProps {
  style: CSSProperties;
  children: ReactNode;
}

// With `forwardRef`, since React 18 gives no `ref` among the properties.
const List = forwardRef<HTMLUListElement, PartProps>(function List({ style, children }, ref) {
  return (
    <ul ref={ref} style={style} aria-label={words.inbox.label}>
      {children}
    </ul>
  );
});

const Item = forwardRef<HTMLLIElement, PartProps & { index: number }>(function Item(
  { style, children, index },
  ref,
) {
  return (
    <li ref={ref} style={style} aria-posinset={index + 1} aria-setsize={useContext(Length)}>
      {children}
    </li>
  );
});
