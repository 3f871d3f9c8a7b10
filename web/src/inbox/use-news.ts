import type { InboxEntry } from "countersign/react";
import { useEffect, useRef } from "react";

/** Tells of questions that open while the page is there, wherever they are. What was there before is no news. */
export function useNews(
  entries: readonly InboxEntry[] | null,
  onNews: (news: readonly InboxEntry[]) => void,
): void {
  const known = useRef<Set<string> | null>(null);
  const tell = useRef(onNews);
  tell.current = onNews;
  useEffect(() => {
    if (entries === null) return;
    const before = known.current;
    known.current = new Set(entries.map(({ question }) => question.interruptId));
    const news = entries.filter(({ question }) => before !== null && !before.has(question.interruptId));
    if (news.length > 0) tell.current(news);
  }, [entries]);
}
