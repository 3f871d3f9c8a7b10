import { useCallback, useEffect, useState } from "react";
import { findRunning, stopAfterStep } from "../lib/api.ts";

/**
 * Ends a run after what is under way. That it was asked for stands on the run, so that it shows after a reload and
 * in another tab.
 *
 * @param threadId - Null until the server has the thread.
 */
export function useStopAfterStep(
  threadId: string | null,
  isLoading: boolean,
): {
  stopsAfterStep: boolean;
  stopAfterStep: () => Promise<void>;
} {
  const [stops, setStops] = useState(false);
  useEffect(() => {
    setStops(false);
    if (threadId === null || !isLoading) return;
    let isGone = false;
    findRunning(threadId).then(
      (run) => {
        if (!isGone && run?.stopsAfterStep) setStops(true);
      },
      () => {}, // that the server is gone is said elsewhere
    );
    return () => {
      isGone = true;
    };
  }, [threadId, isLoading]);
  const stop = useCallback(async () => {
    if (threadId === null) return;
    const run = await findRunning(threadId);
    if (run === null) return;
    await stopAfterStep(threadId, run.id);
    setStops(true);
  }, [threadId]);
  return { stopsAfterStep: stops && isLoading, stopAfterStep: stop };
}
