import { useEffect, useState } from "react";
import { hasThread } from "../lib/api.ts";

/**
 * Whether a thread is not on the server: it was deleted, never was there, or is somebody else's. Looked up when it is
 * opened, when it leaves the list of threads, and when its stream has been broken off, which a deletion does.
 *
 * @param threadId - Null until the server has the thread.
 * @param isListed - It is among the threads that are listed.
 * @param isCutOff - Its stream is broken off, and not there again yet.
 */
export function useGone(
  threadId: string | null,
  { isListed, isCutOff }: { isListed: boolean; isCutOff: boolean },
): boolean {
  const [gone, setGone] = useState<string | null>(null);
  const [timesLeft, setTimesLeft] = useState(0);
  const isGone = threadId !== null && gone === threadId;
  useEffect(() => {
    if (!isListed) return;
    setGone(null); // its id is a thread's again
    return () => setTimesLeft((times) => times + 1);
  }, [isListed]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: looked up again when it has left the list
  useEffect(() => {
    if (threadId === null || isGone || isCutOff) return;
    let isOver = false;
    hasThread(threadId).then(
      (isThere) => {
        if (!isOver && !isThere) setGone(threadId);
      },
      () => {}, // a server that does not answer says nothing of the thread
    );
    return () => {
      isOver = true;
    };
  }, [threadId, isGone, isCutOff, timesLeft]);
  return isGone;
}
