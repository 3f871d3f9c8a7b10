import { X } from "lucide-react";
import { useState } from "react";
import { Button } from "../components/button.tsx";
import type { Conversation } from "../hooks/use-conversation.ts";
import { GraphView } from "./graph-view.tsx";
import { HistoryView } from "./history-view.tsx";
import { useHistory } from "./use-history.ts";

export interface InspectorProps {
  threadId: string;
  graphId: string;
  conversation: Conversation;
  onClose: () => void;
}

const tabs = ["Graph", "History"] as const;

/** Behind the chat: the graph with the way this thread has taken, and every state it was in. */
export function Inspector({ threadId, graphId, conversation, onClose }: InspectorProps) {
  const [tab, setTab] = useState<(typeof tabs)[number]>("Graph");
  const { isLoading, forkFrom } = conversation;
  const { states, error, hasMore, loadMore } = useHistory(threadId, isLoading);
  return (
    <aside
      aria-label="Behind the chat"
      className="fixed inset-y-0 right-0 z-20 flex w-full max-w-md flex-col border-line border-l bg-bg shadow-xl lg:static lg:w-[26rem] xl:w-[32rem] lg:shadow-none"
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <div className="flex items-center border-line border-b px-3 py-2">
        <div className="flex gap-1" role="tablist" aria-label="Views">
          {tabs.map((name) => (
            <button
              key={name}
              type="button"
              role="tab"
              aria-selected={tab === name}
              className={`rounded-lg px-3 py-1.5 text-sm ${tab === name ? "bg-sunken font-medium" : "text-muted hover:text-ink"}`}
              onClick={() => setTab(name)}
            >
              {name}
            </button>
          ))}
        </div>
        <Button kind="quiet" className="ml-auto px-2" aria-label="Close" onClick={onClose}>
          <X className="size-4" aria-hidden />
        </Button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <div role="tabpanel" aria-label={tab} tabIndex={0} className="min-h-0 flex-1 overflow-y-auto">
        {error && states === null ? <p className="p-4 text-bad text-sm">{error}</p> : null}
        {states === null && !error ? <p className="p-4 text-muted text-sm">Loading</p> : null}
        {states !== null && tab === "Graph" ? (
          <GraphView graphId={graphId} states={states} isRunning={isLoading} />
        ) : null}
        {states !== null && tab === "History" ? (
          <HistoryView states={states} hasMore={hasMore} onMore={loadMore} onFork={forkFrom} />
        ) : null}
      </div>
    </aside>
  );
}
