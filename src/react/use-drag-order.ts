import { type PointerEvent as ReactPointerEvent, type RefObject, useEffect, useRef, useState } from "react";

/** So near to an edge of what scrolls, in pixels, it scrolls along. */
const edge = 56;
/** Pixels a frame. */
const speed = 10;

export interface DragHandle {
  onPointerDown: (event: ReactPointerEvent<HTMLElement>) => void;
  onPointerMove: (event: ReactPointerEvent<HTMLElement>) => void;
  onPointerUp: () => void;
  onPointerCancel: () => void;
}

/**
 * Puts the rows of a list in another order by dragging their handles, with a mouse, a pen or a finger. A row changes
 * places with its neighbour once the pointer is past the neighbour's middle, so that tall rows do not flicker.
 */
export function useDragOrder(
  list: RefObject<HTMLElement | null>,
  onMove: (from: number, to: number) => void,
) {
  const [dragged, setDragged] = useState<number | null>(null);
  /** Where the dragged row is now, and the pointer's height on the screen. */
  const now = useRef<{ index: number; y: number } | null>(null);
  const move = useRef(onMove);
  move.current = onMove;

  function follow(): void {
    const at = now.current;
    const rows = list.current?.children;
    if (at === null || rows === undefined) return;
    const [above, below] = [rows[at.index - 1], rows[at.index + 1]];
    const step = below && at.y > middleOf(below) ? 1 : above && at.y < middleOf(above) ? -1 : 0;
    if (step === 0) return;
    move.current(at.index, at.index + step);
    now.current = { ...at, index: at.index + step };
    setDragged(at.index + step);
  }

  const followNow = useRef(follow);
  followNow.current = follow;
  const isDragging = dragged !== null;
  useEffect(() => {
    if (!isDragging) return;
    const scroller = scrollerOf(list.current);
    let frame = 0;
    const tick = () => {
      const y = now.current?.y;
      const { top, bottom } = scroller.getBoundingClientRect();
      const [from, to] = [Math.max(top, 0), Math.min(bottom, window.innerHeight)];
      if (y !== undefined && y < from + edge) scroller.scrollTop -= speed;
      else if (y !== undefined && y > to - edge) scroller.scrollTop += speed;
      // One place a frame: the rows have been drawn anew before they are measured again.
      followNow.current();
      frame = requestAnimationFrame(tick);
    };
    frame = requestAnimationFrame(tick);
    return () => cancelAnimationFrame(frame);
  }, [isDragging, list]);

  function end(): void {
    now.current = null;
    setDragged(null);
  }

  const handleOf = (index: number): DragHandle => ({
    onPointerDown(event) {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      now.current = { index, y: event.clientY };
      setDragged(index);
    },
    onPointerMove(event) {
      if (now.current !== null) now.current = { ...now.current, y: event.clientY };
    },
    onPointerUp: end,
    onPointerCancel: end,
  });
  return { dragged, handleOf };
}

function middleOf(row: Element): number {
  const { top, height } = row.getBoundingClientRect();
  return top + height / 2;
}

function scrollerOf(element: HTMLElement | null): Element {
  for (let at = element?.parentElement; at; at = at.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(at).overflowY) && at.scrollHeight > at.clientHeight) return at;
  }
  return document.documentElement;
}
