import { Fragment, type ReactNode, type RefObject } from "react";
import { Virtualizer } from "virtua";
import type { TimelineItem } from "../conversation/timeline.ts";

/** From so many items on, only those near the screen are there. */
const many = 100;
/** The newest items stay: what is being written or decided keeps what was typed into it. */
const kept = 12;

interface ItemListProps {
  items: readonly TimelineItem[];
  scroller: RefObject<HTMLElement | null>;
  children: (item: TimelineItem) => ReactNode;
}

/** The items of a conversation, however many. */
export function ItemList({ items, scroller, children }: ItemListProps) {
  if (items.length < many) {
    return items.map((item) => <Fragment key={item.id}>{children(item)}</Fragment>);
  }
  const newest = Array.from({ length: kept }, (_, index) => items.length - kept + index);
  return (
    <Virtualizer scrollRef={scroller} keepMounted={newest}>
      {items.map((item) => (
        <div key={item.id} className="flex flex-col pb-5">
          {children(item)}
        </div>
      ))}
    </Virtualizer>
  );
}
