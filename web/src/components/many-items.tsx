import type { TimelineItem } from "countersign/react";
import type { ReactNode, RefObject } from "react";
import { Virtualizer } from "virtua";

export interface ManyItemsProps {
  items: readonly TimelineItem[];
  scroller: RefObject<HTMLElement | null>;
  /** Ids of items that are there wherever the person is. */
  kept: readonly string[];
  children: (item: TimelineItem) => ReactNode;
}

/** The newest items stay: what is being written or decided keeps what was typed into it. */
const newest = 12;

/** Many items, of which only those near the screen are there. */
export function ManyItems({ items, scroller, kept, children }: ManyItemsProps) {
  const last = Array.from({ length: newest }, (_, index) => items.length - newest + index);
  const others = kept.map((id) => items.findIndex((item) => item.id === id)).filter((at) => at !== -1);
  return (
    <Virtualizer
      scrollRef={scroller}
      keepMounted={[...new Set([...others, ...last])].sort((one, other) => one - other)}
    >
      {items.map((item) => (
        <div key={item.id} data-item={item.id} className="flex flex-col pb-5">
          {children(item)}
        </div>
      ))}
    </Virtualizer>
  );
}
