import type { AnyStream } from "@langchain/react";
import { Button } from "countersign/react";
import { X } from "lucide-react";
import { useEffect, useState } from "react";
import type { Conversation } from "../hooks/use-conversation.ts";
import { wordsLater as words } from "../words-later.ts";
import { GraphView } from "./graph-view.tsx";
import { HistoryView } from "./history-view.tsx";
import { useHistory } from "./use-history.ts";

export interface InspectorProps {
  threadId: string;
  graphId: string;
  conversation: Conversation;
  onClose: () => void;
}

const tabs = ["graph", "history"] as const;

/** Behind the chat: the graph with the way this thread has taken, and every state it was in. */
export function Inspector({ threadId, graphId, conversation, onClose }: InspectorProps) {
  const [tab, setTab] = useState<(typeof tabs)[number]>("graph");
  const { isLoading, forkFrom, items, stream } = conversation;
  const news = `${items.length}/${useCheckpointsTold(stream)}`;
  const { states, error, hasMore, loadMore } = useHistory(threadId, isLoading, news);
  return (
    <aside
      aria-label={words.inspector.label}
      className="fixed inset-y-0 end-0 z-20 flex w-full max-w-md flex-col border-line border-s bg-bg shadow-xl lg:static lg:w-[26rem] xl:w-[32rem] lg:shadow-none"
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <div className="flex items-center border-line border-b px-3 py-2">
        <div className="flex gap-1" role="tablist" aria-label={words.inspector.views}>
          {tabs.map((name) => (
            <button
              key={name}
              type="button"
              role="tab"
              aria-selected={tab === name}
              className={`rounded-lg px-3 py-1.5 text-sm ${tab === name ? "bg-sunken font-medium" : "text-muted hover:text-ink"}`}
              onClick={() => setTab(name)}
            >
              {words.inspector[name]}
            </button>
          ))}
        </div>
        <Button kind="quiet" className="ms-auto px-2" aria-label={words.inspector.close} onClick={onClose}>
          <X className="size-4" aria-hidden />
        </Button>
      </div>
      <div
        role="tabpanel"
        aria-label={words.inspector[tab]}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        className="min-h-0 flex-1 overflow-y-auto"
      >
        {error && states === null ? <p className="p-4 text-bad text-sm">{error}</p> : null}
        {states === null && !error ? (
          <p className="p-4 text-muted text-sm">{words.inspector.loading}</p>
        ) : null}
        {states !== null && tab === "graph" ? (
          <GraphView graphId={graphId} states={states} isRunning={isLoading} />
        ) : null}
        {states !== null && tab === "history" ? (
          <HistoryView
            threadId={threadId}
            states={states}
            hasMore={hasMore}
            onMore={loadMore}
            onFork={forkFrom}
          />
        ) : null}
      </div>
    </aside>
  );
}

/**
 * How many checkpoints were told of since this is shown: each is told as it is written, so that the node that runs
 * is lit at once. It listens to what the stream receives anyway.
 */
function useCheckpointsTold(stream: AnyStream): number {
  const thread = stream.getThread();
  const [count, setCount] = useState(0);
  useEffect(
    () =>
      thread?.onEvent(({ method, params }) => {
        if (method === "checkpoints" && params.namespace.length === 0) setCount((before) => before + 1);
      }),
    [thread],
  );
  return count;
}
