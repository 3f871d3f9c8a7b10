import { useCallback, useEffect, useRef, useState } from "react";
import { useCountersign } from "./countersign.tsx";
import { type Question, toQuestion } from "./questions.ts";
import { describeError } from "./refusals.ts";
import { words } from "./words.ts";

/** A question of some thread. */
export interface InboxEntry {
  threadId: string;
  graphId: string;
  /** What its thread is called. */
  threadTitle: string;
  question: Question;
}

export interface InboxEntries {
  /** Newest first; null before the first look. */
  entries: readonly InboxEntry[] | null;
  /** Why the last look failed, in words. */
  error: string | null;
  refresh: () => Promise<void>;
}

const visibleMs = 3_000;
const hiddenMs = 15_000;
/** Times as long as a look takes, so that an inbox of thousands is not all that the server does. */
const restFactor = 10;

/**
 * The open questions of all threads that the person may see; looked up again every few seconds, less often while
 * the page is hidden. Once on a page is enough: hand on what it returns.
 *
 * @throws Error outside of `Countersign`
 */
export function useInbox(): InboxEntries {
  const [entries, setEntries] = useState<readonly InboxEntry[] | null>(null);
  const [error, setError] = useState<string | null>(null);
  const titles = useRef(new Map<string, string>());
  const lastLook = useRef(0);

  const { client } = useCountersign();
  const refresh = useCallback(async () => {
    lastLook.current += 1;
    const look = lastLook.current;
    try {
      const items = await client.listOpenQuestions();
      const unknown = items.map(({ threadId }) => threadId).filter((id) => !titles.current.has(id));
      for (const [id, title] of await client.listTitles([...new Set(unknown)])) titles.current.set(id, title);
      // A look that was overtaken says what was.
      if (look !== lastLook.current) return;
      const found = items.map((item): InboxEntry => {
        const { threadId, graphId, details, ...open } = item;
        const threadTitle = titles.current.get(threadId) ?? words.inbox.untitled;
        return { threadId, graphId, threadTitle, question: toQuestion(open, details) };
      });
      setEntries((before) => (JSON.stringify(before) === JSON.stringify(found) ? before : found));
      setError(null);
    } catch (problem) {
      if (look === lastLook.current) setError(describeError(problem));
    }
  }, [client]);

  useEffect(() => {
    let timer: number | undefined;
    let isGone = false;
    const tick = async () => {
      const began = performance.now();
      await refresh();
      if (isGone) return;
      const least = document.visibilityState === "visible" ? visibleMs : hiddenMs;
      timer = window.setTimeout(tick, Math.max(least, (performance.now() - began) * restFactor));
    };
    const onVisible = () => void refresh();
    void tick();
    document.addEventListener("visibilitychange", onVisible);
    window.addEventListener("online", onVisible);
    return () => {
      isGone = true;
      window.removeEventListener("online", onVisible);
      window.clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }, [refresh]);

  return { entries, error, refresh };
}
