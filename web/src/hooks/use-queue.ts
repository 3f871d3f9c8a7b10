import { describeError } from "countersign/react";
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { enqueueMessage, listQueue, type QueuedMessage, takeBackMessage } from "../lib/api.ts";
import { words } from "../words.ts";

const pollMs = 2_000;

/**
 * Messages that wait for the run, or for the open question, to end. The server keeps them, so that they are
 * there after a reload and in another tab; looked up again whenever the thread begins or ends something.
 *
 * @param threadId - Null until the server has the thread.
 */
export function useQueue(
  threadId: string | null,
  graphId: string,
  isRunning: boolean,
): {
  queue: QueuedMessage[];
  enqueue: (text: string) => Promise<void>;
  takeBack: (id: string) => Promise<void>;
} {
  const [queue, setQueue] = useState<QueuedMessage[]>([]);
  const refresh = useCallback(async () => {
    setQueue(threadId === null ? [] : await listQueue(threadId));
  }, [threadId]);

  const there = useRef(threadId);
  there.current = threadId;
  const hasSome = queue.length > 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what waits changes when a run begins or ends
  useEffect(() => {
    const look = () => void refresh().catch(() => {}); // looked up again; that the server is gone is said elsewhere
    look();
    const timer = hasSome ? window.setInterval(look, pollMs) : undefined;
    return () => window.clearInterval(timer);
  }, [refresh, isRunning, hasSome]);

  /** What could not be sent: tried again, it is the same message. */
  const unsent = useRef<{ text: string; id: string } | null>(null);
  const enqueue = useCallback(
    async (text: string) => {
      const id = unsent.current?.text === text ? unsent.current.id : crypto.randomUUID();
      unsent.current = { text, id };
      try {
        await enqueueMessage({ threadId: await untilThere(there), graphId, text, id });
      } catch (error) {
        throw new Error(describeError(error));
      }
      unsent.current = null;
      await refresh();
    },
    [graphId, refresh],
  );
  const takeBack = useCallback(
    async (id: string) => {
      if (threadId !== null) await takeBackMessage(threadId, id);
      await refresh();
    },
    [threadId, refresh],
  );
  return { queue, enqueue, takeBack };
}

/** A thread that was just begun is there a moment later. */
async function untilThere(there: RefObject<string | null>): Promise<string> {
  for (let look = 0; look < 200; look += 1) {
    if (there.current !== null) return there.current;
    await new Promise((resolve) => window.setTimeout(resolve, 50));
  }
  throw new Error(words.api.noServer);
}
