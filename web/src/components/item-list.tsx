import { deferred, type TimelineItem } from "countersign/react";
import { type ReactNode, type RefObject, useEffect } from "react";
import { hold } from "../hooks/use-place.ts";
import type { ManyItemsProps } from "./many-items.tsx";

/** From so many items on, only those near the screen are there. */
const many = 100;

interface ItemListProps {
  items: readonly TimelineItem[];
  scroller: RefObject<HTMLElement | null>;
  /** Ids of items that are there wherever the person is: those that an address, or a search, leads to. */
  wanted: readonly (string | null)[];
  /** The item that is shown now, because it was looked for. */
  shown: string | null;
  children: (item: TimelineItem) => ReactNode;
}

/** The items of a conversation, however many. */
export function ItemList({ items, scroller, wanted, shown, children }: ItemListProps) {
  useEffect(() => {
    if (shown === null) return;
    const item = scroller.current?.querySelector<HTMLElement>(`[data-item="${CSS.escape(shown)}"]`);
    return item ? hold(item, "center") : undefined;
  }, [shown, scroller]);
  if (items.length < many) {
    return items.map((item) => (
      <div key={item.id} data-item={item.id} className="flex flex-col">
        {children(item)}
      </div>
    ));
  }
  const kept = [...wanted, shown].filter((id) => id !== null);
  return (
    <ManyItems items={items} scroller={scroller} kept={kept}>
      {children}
    </ManyItems>
  );
}

/** Until what shows many is here: the newest of them, which is where the person looks first. */
const ManyItems = deferred<ManyItemsProps>(
  async () => (await import("./many-items.tsx")).ManyItems,
  ({ items, children }) =>
    items.slice(-few).map((item) => (
      <div key={item.id} data-item={item.id} className="flex flex-col">
        {children(item)}
      </div>
    )),
);
const few = 20;
