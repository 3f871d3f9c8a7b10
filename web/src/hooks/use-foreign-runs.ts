import { type AnyStream, STREAM_CONTROLLER } from "@langchain/react";
import { refresh } from "countersign/react";
import { useEffect, useRef, useState } from "react";

/** Ms without another lifecycle event before what was heard counts as settled. */
const settleMs = 150;

/**
 * The stock hook listens to a thread from the moment it is active, and not to one that it found idle. This
 * keeps an ear on such a one, so that a run which another tab (or another person) starts shows here as well:
 * the lifecycle of the root is added to the hook's own connection, and what is new in it makes the hook look
 * at the thread again. Once the hook listens by itself, this is out of the way.
 */
export function useForeignRuns(stream: AnyStream): void {
  const controller = stream[STREAM_CONTROLLER];
  const [listening, setListening] = useState<string | null>(null);
  const isActive = stream.isLoading || stream.interrupts.length > 0;
  useEffect(() => {
    if (isActive) setListening(stream.threadId);
  }, [isActive, stream.threadId]);
  const isIdle = !isActive && !stream.isThreadLoading && stream.threadId !== listening;
  const thread = isIdle && stream.threadId !== null ? stream.getThread() : undefined;
  const isLoading = useRef(stream.isLoading);
  isLoading.current = stream.isLoading;

  useEffect(() => {
    if (thread === undefined) return;
    let known = 0;
    let heard = 0;
    let timer: number | undefined;
    const settle = () => {
      // The first time this is the replay of what the page has just loaded, and whatever came since:
      // looking once more costs a request and misses nothing.
      const isNews = heard > known;
      known = heard;
      if (isNews && !isLoading.current) void refresh(controller);
    };
    const stopListening = thread.onEvent((event) => {
      if (event.method !== "lifecycle" || event.params.namespace.length > 0) return;
      heard = Math.max(heard, event.seq ?? 0);
      window.clearTimeout(timer);
      timer = window.setTimeout(settle, settleMs);
    });
    const subscription = thread.subscribe({ channels: ["lifecycle"], namespaces: [[]], depth: 0 });
    subscription.catch(() => {}); // the hook tells of a lost connection itself
    return () => {
      window.clearTimeout(timer);
      stopListening();
      void subscription.then((handle) => handle.unsubscribe()).catch(() => {});
    };
  }, [controller, thread]);
}
