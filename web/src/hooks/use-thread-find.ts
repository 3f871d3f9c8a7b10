import type { TimelineItem } from "countersign/react";
import { type RefObject, useEffect, useMemo, useState } from "react";
import { findItems } from "../lib/item-text.ts";

export interface ThreadFind {
  isOpen: boolean;
  toggle: () => void;
  wanted: string;
  want: (text: string) => void;
  /** Ids of the items that say it. */
  matches: readonly string[];
  at: number;
  go: (by: number) => void;
  /** The item that the person is at. */
  shown: string | null;
}

/** Looks for a text in all of a conversation, also in what is not on the page since it is far away. */
export function useThreadFind(
  items: readonly TimelineItem[],
  scroller: RefObject<HTMLElement | null>,
): ThreadFind {
  const [isOpen, setOpen] = useState(false);
  const [wanted, setWanted] = useState("");
  const [chosen, setChosen] = useState<number | null>(null);
  const matches = useMemo(() => (isOpen ? findItems(items, wanted) : []), [isOpen, items, wanted]);
  // From the end, where the person most likely is.
  const at = Math.min(chosen ?? matches.length - 1, matches.length - 1);
  const shown = matches[at] ?? null;
  useMarks(scroller, isOpen ? wanted.trim() : "", shown);
  return {
    isOpen,
    toggle: () => setOpen(!isOpen),
    wanted,
    want(text) {
      setWanted(text);
      setChosen(null);
    },
    matches,
    at,
    go: (by) => setChosen(matches.length === 0 ? null : (at + by + matches.length) % matches.length),
    shown,
  };
}

const all = "countersign-found";
const here = "countersign-found-here";

/** Marks what is looked for wherever it is on the page, without touching the elements themselves. */
function useMarks(scroller: RefObject<HTMLElement | null>, wanted: string, shown: string | null): void {
  useEffect(() => {
    const outer = scroller.current;
    if (outer === null || wanted === "" || typeof Highlight === "undefined") return;
    let frame = 0;
    const mark = () => {
      const found = rangesOf(outer, wanted);
      const isHere = (range: Range) =>
        range.startContainer.parentElement?.closest("[data-item]")?.getAttribute("data-item") === shown;
      CSS.highlights.set(all, new Highlight(...found.filter((range) => !isHere(range))));
      CSS.highlights.set(here, new Highlight(...found.filter(isHere)));
    };
    const observer = new MutationObserver(() => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(mark);
    });
    observer.observe(outer, { childList: true, subtree: true, characterData: true });
    mark();
    return () => {
      observer.disconnect();
      cancelAnimationFrame(frame);
      CSS.highlights.delete(all);
      CSS.highlights.delete(here);
    };
  }, [scroller, wanted, shown]);
}

/** Places beyond which nothing more is marked. */
const maxRanges = 2_000;

function rangesOf(outer: HTMLElement, wanted: string): Range[] {
  const needle = wanted.toLowerCase();
  const ranges: Range[] = [];
  const walker = document.createTreeWalker(outer, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null && ranges.length < maxRanges; node = walker.nextNode()) {
    const text = node.nodeValue?.toLowerCase() ?? "";
    // Few letters change their length with their case; where one does, nothing is marked rather than the wrong thing.
    if (text.length !== node.nodeValue?.length) continue;
    for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + needle.length)) {
      const range = new Range();
      range.setStart(node, at);
      range.setEnd(node, at + needle.length);
      ranges.push(range);
    }
  }
  return ranges;
}
