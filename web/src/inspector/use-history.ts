import { describeError } from "countersign/react";
import { useCallback, useEffect, useState } from "react";
import { getHistory, type HistoryState } from "../lib/history.ts";

const pollMs = 1_000;
const pageLength = 100;

interface History {
  /** Newest first, without their values; null until they are here. */
  states: HistoryState[] | null;
  error: string | null;
  hasMore: boolean;
  loadMore: () => Promise<void>;
}

/**
 * The checkpoints of a thread; looked up again while it runs, and when something has happened in it.
 *
 * @param news - Changes when there may be others.
 */
export function useHistory(threadId: string, isRunning: boolean, news: unknown): History {
  const [states, setStates] = useState<HistoryState[] | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [hasMore, setMore] = useState(false);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `news` says when to look again
  useEffect(() => {
    let isGone = false;
    let timer: number | undefined;
    const look = async () => {
      try {
        const newest = await getHistory(threadId, pageLength);
        if (isGone) return;
        setStates((before) => join(newest, before ?? []));
        setMore((before) => before || newest.length === pageLength);
        setError(null);
      } catch (problem) {
        if (!isGone) setError(describeError(problem));
      }
      if (isRunning && !isGone) timer = window.setTimeout(look, pollMs);
    };
    void look();
    return () => {
      isGone = true;
      window.clearTimeout(timer);
    };
  }, [threadId, isRunning, news]);

  const last = states?.at(-1)?.checkpoint.checkpoint_id;
  const loadMore = useCallback(async () => {
    if (last == null) return;
    const older = await getHistory(threadId, pageLength, last);
    setStates((before) => [...(before ?? []), ...older]);
    setMore(older.length === pageLength);
  }, [threadId, last]);

  return { states, error, hasMore, loadMore };
}

/** New ones in front of what was read before. */
function join(newest: HistoryState[], before: HistoryState[]): HistoryState[] {
  const known = new Set(newest.map(({ checkpoint }) => checkpoint.checkpoint_id));
  return [...newest, ...before.filter(({ checkpoint }) => !known.has(checkpoint.checkpoint_id))];
}
