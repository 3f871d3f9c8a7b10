import { deferred, Markdown, useAnnouncements } from "countersign/react";
import { useEffect, useState } from "react";
import { type Conversation, useConversation } from "../hooks/use-conversation.ts";
import { useNewer } from "../hooks/use-newer.ts";
import type { Place } from "../hooks/use-route.ts";
import { useScroll } from "../hooks/use-scroll.ts";
import { useThreadFind } from "../hooks/use-thread-find.ts";
import { DeferredInspector } from "../inspector/deferred-inspector.tsx";
import type { AppInfo } from "../lib/api.ts";
import { showTitle } from "../lib/title.ts";
import { words } from "../words.ts";
import { Composer } from "./composer.tsx";
import { ConversationView } from "./conversation-view.tsx";
import type { FindBarProps } from "./find-bar.tsx";
import { GoneNotice } from "./gone-notice.tsx";
import { ToNewest } from "./to-newest.tsx";
import { TopBar } from "./top-bar.tsx";
import { Welcome } from "./welcome.tsx";

const FindBar = deferred<FindBarProps>(async () => (await import("./find-bar.tsx")).FindBar);

const none: never[] = [];
const nothingOpen = { review: null, questions: none };
const goneNews = `${words.gone.title}. ${words.gone.why}`;

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
  /** The thread is among those that are listed. */
  isListed: boolean;
  /** The thread is not there. */
  onGone: (id: string) => Promise<void>;
  onThreadId: (id: string | null) => void;
  /** Another graph is chosen for a new chat. */
  onGraph: (graphId: string) => void;
  onMenu: () => void;
  onName: () => void;
  onChange: () => void;
}

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
  isListed,
  onGone,
  onThreadId,
  onGraph,
  onMenu,
  onName,
  onChange,
}: ChatProps) {
  const [picked, setPicked] = useState<string | null>(null);
  const conversation = useConversation({ threadId, graphId, isListed, onThreadId });
  const { review, questions, isLoading, isThreadLoading, isGone } = conversation;
  const items = isGone ? none : conversation.items;
  useAnnouncements(isGone ? { ...conversation, ...nothingOpen, refusal: goneNews } : conversation);
  const open = isGone ? none : [...(review ? [review] : []), ...questions];
  const asking = review ? "plan" : open.length > 0 ? "question" : null;
  const { scroller, content, isAway, toEnd } = useScroll(open[0]?.interruptId ?? null);
  const find = useThreadFind(items, scroller);
  const newer = useNewer(items, isAway);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the list of chats follows what happens in this one
  useEffect(() => onChange(), [isLoading, open.length, items.length]);
  useEffect(() => {
    showTitle(title, Math.max(waiting, open.length));
  }, [open.length, waiting, title]);

  useEffect(() => Markdown.preload(), []);

  const [isBegun, setBegun] = useState(false);
  const gone = isGone ? conversation.threadId : null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each that is gone
  useEffect(() => {
    if (gone === null) return;
    setBegun(false);
    void onGone(gone);
  }, [gone]);

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
          onFind={items.length === 0 ? undefined : find.toggle}
          onInspect={threadId === null || isGone ? undefined : () => setInspecting(!isInspecting)}
        />
        {find.isOpen && !isGone ? <FindBar find={find} /> : null}
        <main
          ref={scroller}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
          tabIndex={0}
          className="min-h-0 flex-1 overflow-y-auto focus-visible:outline-none"
        >
          <div ref={content}>
            {gone !== null ? (
              <GoneNotice
                key={gone}
                place={gone}
                onNew={() => {
                  setBegun(true);
                  onThreadId(null);
                }}
              />
            ) : isEmpty ? (
              <Welcome info={info} graphId={graphId} onGraph={onGraph} onPick={setPicked} />
            ) : isThreadLoading && items.length === 0 ? (
              <p className="p-6 text-center text-muted text-sm" role="status">
                {words.loading}
              </p>
            ) : (
              <ConversationView
                conversation={conversation}
                failure={failure}
                place={place}
                found={find.shown}
                scroller={scroller}
              />
            )}
          </div>
        </main>
        {isAway && !isGone ? <ToNewest count={newer} onGo={toEnd} /> : null}
        {isGone ? null : (
          <Composer
            place={threadId ?? "new"}
            isRunning={isLoading}
            asking={asking}
            queue={conversation.queue}
            onTakeBack={conversation.takeBack}
            picked={picked}
            onPicked={() => setPicked(null)}
            lost={conversation.lost}
            onLost={conversation.onLost}
            isWanted={isBegun}
            onSend={conversation.send}
            onStop={conversation.stop}
            onStopAfterStep={canStopAfterStep(conversation) ? conversation.stopAfterStep : undefined}
            stopsAfterStep={conversation.stopsAfterStep}
          />
        )}
      </div>
      {isInspecting && threadId !== null && conversation.isServed ? (
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

/** Between the steps of an approved plan, or the nodes of any other graph, there is a place to stop. */
function canStopAfterStep({ isLoading, isPlanAgent, steps }: Conversation): boolean {
  return isLoading && (!isPlanAgent || Object.keys(steps).length > 0);
}
