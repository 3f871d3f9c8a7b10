import { useCallback, useEffect, useRef, useState } from "react";
import { type Question, toQuestion } from "../conversation/questions.ts";
import { listOpenQuestions, listTitles } from "../lib/api.ts";

/** A question of some thread. */
export interface InboxEntry {
  threadId: string;
  graphId: string;
  /** What its thread is called. */
  threadTitle: string;
  question: Question;
}

export interface Inbox {
  /** Newest first; null before the first look. */
  entries: readonly InboxEntry[] | null;
  /** Why the last look failed, in words. */
  error: string | null;
  refresh: () => Promise<void>;
}

const visibleMs = 3_000;
const hiddenMs = 15_000;

/** The open questions of all threads; looked up again every few seconds, less often while the page is hidden. */
export function useInbox(): Inbox {
  const [entries, setEntries] = useState<readonly InboxEntry[] | null>(null);
  const [error, setError] = useState<string | null>(null);
  const titles = useRef(new Map<string, string>());

  const refresh = useCallback(async () => {
    try {
      const items = await listOpenQuestions();
      const unknown = items.map(({ threadId }) => threadId).filter((id) => !titles.current.has(id));
      for (const [id, title] of await listTitles([...new Set(unknown)])) titles.current.set(id, title);
      const found = items.map((item): InboxEntry => {
        const { threadId, graphId, details, ...open } = item;
        const threadTitle = titles.current.get(threadId) ?? "Untitled";
        return { threadId, graphId, threadTitle, question: toQuestion(open, details) };
      });
      setEntries((before) => (JSON.stringify(before) === JSON.stringify(found) ? before : found));
      setError(null);
    } catch (problem) {
      setError(problem instanceof Error ? problem.message : String(problem));
    }
  }, []);

  useEffect(() => {
    let timer: number | undefined;
    const tick = async () => {
      await refresh();
      timer = window.setTimeout(tick, document.visibilityState === "visible" ? visibleMs : hiddenMs);
    };
    const onVisible = () => void refresh();
    void tick();
    document.addEventListener("visibilitychange", onVisible);
    return () => {
      window.clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }, [refresh]);

  return { entries, error, refresh };
}
