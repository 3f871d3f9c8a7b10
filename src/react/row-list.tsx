import { type ReactElement, useEffect, useLayoutEffect, useRef } from "react";
import { Virtualizer, type VirtualizerHandle } from "virtua";

/** From so many rows on, only those near the window are there. */
const many = 300;

/** So near to it, in px, one is at the end. */
const slack = 24;

interface RowListProps<Row> {
  rows: readonly Row[];
  label: string;
  /** Brought into view whenever it changes. */
  shown?: number | undefined;
  /** Stays at the end while rows are added, as long as the person is there. */
  isLive?: boolean;
  /** How high it may be, and where it stands. */
  className?: string | undefined;
  children: (row: Row, index: number) => ReactElement;
}

/** Rows in a box of their own, however many, reachable by keyboard so that it can be scrolled. */
export function RowList<Row>({
  rows,
  label,
  shown,
  isLive = false,
  className = "max-h-96",
  children,
}: RowListProps<Row>) {
  const box = useRef<HTMLElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const isAtEnd = useRef(true);
  /** Where the end was when it was last gone to. */
  const end = useRef(0);
  const isMany = rows.length > many;
  useEffect(() => {
    if (shown === undefined) return;
    if (isMany) list.current?.scrollToIndex(shown, { align: "center" });
    else box.current?.querySelector("[data-found=true]")?.scrollIntoView({ block: "nearest" });
  }, [shown, isMany]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: more in the rows makes the box longer
  useLayoutEffect(() => {
    const element = box.current;
    if (!isLive || !isAtEnd.current || element === null) return;
    const { scrollTop, scrollHeight, clientHeight } = element;
    // The person has just scrolled: the event of it is still to come.
    if (scrollTop < Math.min(end.current, scrollHeight - clientHeight) - slack) return;
    element.scrollTop = scrollHeight;
    end.current = element.scrollTop;
  }, [isLive, rows]);
  return (
    <section
      ref={box}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
      tabIndex={0}
      dir="ltr"
      className={`overflow-auto overscroll-contain rounded-md border border-line bg-sunken font-mono text-xs ${className}`}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < slack;
      }}
    >
      {isMany ? (
        <Virtualizer ref={list} scrollRef={box} data={rows} itemSize={18}>
          {children}
        </Virtualizer>
      ) : (
        rows.map((row, index) => children(row, index))
      )}
    </section>
  );
}
