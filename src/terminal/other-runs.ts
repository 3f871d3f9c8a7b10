import type { StreamController } from "@langchain/langgraph-sdk/stream";

/** Ms without another lifecycle event before what was heard counts as settled. */
const settleMs = 150;

/**
 * The stock controller follows a thread from the moment it is active, not one that it found idle. This listens
 * to such a one as well, so that a run which somebody else starts shows here. Returns how to stop.
 */
export function listenForOthers(controller: StreamController<Record<string, unknown>>): () => void {
  let stopListening: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let known = 0;
  let heard = 0;

  const settle = () => {
    const isNews = heard > known;
    known = heard;
    if (isNews && !controller.rootStore.getSnapshot().isLoading) void controller.hydrate();
  };
  const stopThreads = controller.subscribeThread((thread) => {
    stopListening?.();
    stopListening = undefined;
    if (thread === undefined) return;
    const stopEvents = thread.onEvent((event) => {
      if (event.method !== "lifecycle" || event.params.namespace.length > 0) return;
      heard = Math.max(heard, event.seq ?? 0);
      clearTimeout(timer);
      timer = setTimeout(settle, settleMs);
    });
    const subscription = thread.subscribe({ channels: ["lifecycle"], namespaces: [[]], depth: 0 });
    subscription.catch(() => {}); // the controller tells of a lost connection itself
    stopListening = () => {
      stopEvents();
      void subscription.then((handle) => handle.unsubscribe()).catch(() => {});
    };
  });
  return () => {
    clearTimeout(timer);
    stopThreads();
    stopListening?.();
  };
}
