import type { ThreadState } from "@langchain/langgraph-sdk";
import { useCallback, useEffect, useState } from "react";
import { describeError, getHistory } from "../lib/api.ts";

export type HistoryState = ThreadState<Record<string, unknown>>;

const pollMs = 1_000;

interface History {
  /** Newest first; null until they are here. */
  states: HistoryState[] | null;
  error: string | null;
  hasMore: boolean;
  loadMore: () => Promise<void>;
}

/** The checkpoints of a thread; looked up again while it runs, and when it stops. */
export function useHistory(threadId: string, isRunning: boolean): History {
  const [states, setStates] = useState<HistoryState[] | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [hasMore, setMore] = useState(false);

  useEffect(() => {
    let isGone = false;
    let timer: number | undefined;
    const look = async () => {
      try {
        const newest = await getHistory(threadId);
        if (isGone) return;
        setStates((before) => join(newest, before ?? []));
        setMore((before) => before || newest.length === 30);
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
  }, [threadId, isRunning]);

  const last = states?.at(-1)?.checkpoint.checkpoint_id;
  const loadMore = useCallback(async () => {
    if (last == null) return;
    const older = await getHistory(threadId, { checkpointId: last });
    setStates((before) => [...(before ?? []), ...older]);
    setMore(older.length === 30);
  }, [threadId, last]);

  return { states, error, hasMore, loadMore };
}

/** New ones in front of what was read before. */
function join(newest: HistoryState[], before: HistoryState[]): HistoryState[] {
  const known = new Set(newest.map(({ checkpoint }) => checkpoint.checkpoint_id));
  return [...newest, ...before.filter(({ checkpoint }) => !known.has(checkpoint.checkpoint_id))];
}
