import { useEffect, useState } from "react";
import { useConversation } from "../hooks/use-conversation.ts";
import type { Place } from "../hooks/use-route.ts";
import { useScroll } from "../hooks/use-scroll.ts";
import { DeferredInspector } from "../inspector/deferred-inspector.tsx";
import type { AppInfo } from "../lib/api.ts";
import { showTitle } from "../lib/title.ts";
import { Composer } from "./composer.tsx";
import { ConversationView } from "./conversation-view.tsx";
import { Markdown } from "./markdown.tsx";
import { TopBar } from "./top-bar.tsx";
import { Welcome } from "./welcome.tsx";

interface ChatProps {
  threadId: string | null;
  /** What the address names within the thread. */
  place: Place | null;
  /** The graph that new runs are of. */
  graphId: string;
  title: string;
  info: AppInfo;
  name: string;
  /** The server did not answer the last look-up. */
  isOffline: boolean;
  /** Open questions on all threads, as far as is known. */
  waiting: number;
  /** Why the thread's last run failed. */
  failure: string | null;
  onThreadId: (id: string) => void;
  /** Another graph is chosen for a new chat. */
  onGraph: (graphId: string) => void;
  onMenu: () => void;
  onName: () => void;
  onChange: () => void;
}

const announcements = {
  plan: "A plan waits for your decision.",
  question: "A question waits for your answer.",
};

/** One chat, or the place to start one. */
export function Chat({
  threadId,
  place,
  graphId,
  title,
  info,
  name,
  isOffline,
  waiting,
  failure,
  onThreadId,
  onGraph,
  onMenu,
  onName,
  onChange,
}: ChatProps) {
  const conversation = useConversation({ threadId, graphId, onThreadId });
  const { items, review, questions, isLoading, isThreadLoading } = conversation;
  const open = [...(review ? [review] : []), ...questions];
  const asking = review ? "plan" : open.length > 0 ? "question" : null;
  const { scroller, content } = useScroll(open[0]?.interruptId ?? null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the list of chats follows what happens in this one
  useEffect(() => onChange(), [isLoading, open.length, items.length]);
  useEffect(() => {
    showTitle(title, Math.max(waiting, open.length));
  }, [open.length, waiting, title]);

  useEffect(() => Markdown.preload(), []);

  const [isInspecting, setInspecting] = useState(false);
  const isEmpty = threadId === null && items.length === 0;
  return (
    <div className="flex min-w-0 flex-1">
      <div className="flex min-w-0 flex-1 flex-col">
        <TopBar
          title={title}
          info={info}
          name={name}
          isReconnecting={isOffline || conversation.isReconnecting}
          onMenu={onMenu}
          onName={onName}
          onInspect={threadId === null ? undefined : () => setInspecting(!isInspecting)}
        />
        <main
          ref={scroller}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
          tabIndex={0}
          className="min-h-0 flex-1 overflow-y-auto focus-visible:outline-none"
        >
          <div ref={content}>
            {isEmpty ? (
              <Welcome
                info={info}
                graphId={graphId}
                onGraph={onGraph}
                onPick={(text) => void conversation.send(text)}
              />
            ) : isThreadLoading && items.length === 0 ? (
              <p className="p-6 text-center text-muted text-sm" role="status">
                Loading
              </p>
            ) : (
              <ConversationView
                conversation={conversation}
                failure={failure}
                place={place}
                scroller={scroller}
              />
            )}
          </div>
        </main>
        <div aria-live="polite" className="sr-only">
          {asking ? announcements[asking] : isLoading ? "Working." : ""}
        </div>
        <Composer
          place={threadId ?? "new"}
          isRunning={isLoading}
          asking={asking}
          queue={conversation.queue}
          onTakeBack={conversation.takeBack}
          onSend={conversation.send}
          onStop={conversation.stop}
        />
      </div>
      {isInspecting && threadId !== null ? (
        <DeferredInspector
          key={threadId}
          threadId={threadId}
          graphId={graphId}
          conversation={conversation}
          onClose={() => setInspecting(false)}
        />
      ) : null}
    </div>
  );
}
