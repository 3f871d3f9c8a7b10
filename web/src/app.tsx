import { Area, Countersign, Inbox, useInbox } from "countersign/react";
import { type ReactNode, useCallback, useEffect, useState } from "react";
import { Chat } from "./components/chat.tsx";
import { LoginDialog } from "./components/login-dialog.tsx";
import { LoginPage } from "./components/login-page.tsx";
import { NameDialog } from "./components/name-dialog.tsx";
import { Sidebar } from "./components/sidebar.tsx";
import { TopBar } from "./components/top-bar.tsx";
import { useAppInfo } from "./hooks/use-app-info.ts";
import { hashOfQuestion, hashOfStep, useRoute } from "./hooks/use-route.ts";
import { useThreads } from "./hooks/use-threads.ts";
import { NotifyButton } from "./inbox/notify-button.tsx";
import { SoundButton } from "./inbox/sound-button.tsx";
import { useNotifications } from "./inbox/use-notifications.ts";
import { useSound } from "./inbox/use-sound.ts";
import { type AppInfo, apiUrl, nameHeaders } from "./lib/api.ts";
import { readName, writeName } from "./lib/name.ts";
import { showTitle } from "./lib/title.ts";
import { watchedFetch } from "./lib/watched-fetch.ts";
import { words } from "./words.ts";

export function App() {
  const { info, needsLogin, isUnreachable, refresh } = useAppInfo();
  if (info === null && needsLogin) return <LoginPage onLogin={() => void refresh()} />;
  if (info === null) {
    return isUnreachable ? (
      <main className="flex h-full items-center justify-center p-4 text-muted">
        <p role="status">{words.app.unreachable}</p>
      </main>
    ) : null;
  }
  return (
    <Named info={info}>
      <LoginDialog isOpen={needsLogin} onLogin={() => void refresh()} />
    </Named>
  );
}

/** The app under the name by which the person acts. */
function Named({ info, children }: { info: AppInfo; children: ReactNode }) {
  const [name, setName] = useState(readName);
  return (
    <Countersign
      apiUrl={apiUrl}
      headers={nameHeaders}
      fetch={watchedFetch}
      linkTo={hashOfQuestion}
      linkToStep={hashOfStep}
      me={`local:${name ?? ""}`}
      keys="page"
    >
      <Area className="h-full">
        <Workbench info={info} name={name} setName={setName} />
        {children}
      </Area>
    </Countersign>
  );
}

/** Past the list of chats, for whoever goes through the page by keyboard. */
function SkipLink() {
  return (
    <button
      type="button"
      className="sr-only focus:not-sr-only focus:fixed focus:start-2 focus:top-2 focus:z-30 focus:rounded-lg focus:border focus:border-strong focus:bg-panel focus:px-3 focus:py-2"
      // No link: the address says which thread is shown.
      onClick={() => document.querySelector<HTMLElement>("main")?.focus()}
    >
      {words.app.skip}
    </button>
  );
}

interface WorkbenchProps {
  info: AppInfo;
  name: string | null;
  setName: (name: string) => void;
}

function Workbench({ info, name, setName }: WorkbenchProps) {
  const [route, goTo] = useRoute();
  const { threads, hasMore, loadMore, isOffline, refresh, remove, forget, rename, archive } = useThreads();
  const inbox = useInbox();
  const notifications = useNotifications(inbox.entries);
  const sound = useSound(inbox.entries);
  const [isSidebarOpen, setSidebarOpen] = useState(false);
  const [isNaming, setNaming] = useState(name === null);

  const threadId = route.page === "thread" ? route.threadId : null;
  const open = useCallback(
    (id: string | null) => {
      goTo({ page: "thread", threadId: id, place: null });
      setSidebarOpen(false);
    },
    [goTo],
  );
  const thread = threads?.find(({ id }) => id === threadId);
  const [newGraph, setNewGraph] = useState(info.graphs[0] ?? "agent");
  const graphId = threadId === null ? newGraph : (thread?.graphId ?? newGraph);
  // A thread's graph is known from the list; where there is only one, there is nothing to wait for.
  const isGraphKnown = threadId === null || threads !== null || info.graphs.length < 2;
  const title = threadId === null ? words.app.newChat : (thread?.title ?? words.app.chat);
  const waiting = inbox.entries?.length ?? 0;
  const bar = {
    info,
    name: name ?? "",
    onMenu: () => setSidebarOpen(true),
    onName: () => setNaming(true),
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: wherever the person goes, the drawer gives way
  useEffect(() => setSidebarOpen(false), [route]);
  useEffect(() => {
    if (route.page === "inbox") showTitle(words.app.inbox, waiting);
  }, [route.page, waiting]);
  return (
    <div className="flex h-full">
      <SkipLink />
      <Sidebar
        threads={threads}
        hasMore={hasMore}
        onMore={loadMore}
        graphCount={info.graphs.length}
        current={threadId}
        isInbox={route.page === "inbox"}
        waiting={waiting}
        isOpen={isSidebarOpen}
        onClose={() => setSidebarOpen(false)}
        onOpen={open}
        onRename={rename}
        onArchive={archive}
        onDelete={(id) =>
          remove(id, () => {
            if (id === threadId) open(null);
          })
        }
      />
      {route.page === "inbox" ? (
        <div className="flex min-w-0 flex-1 flex-col">
          <TopBar {...bar} title={words.app.inbox} isReconnecting={isOffline} onInspect={undefined} />
          <main tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto focus-visible:outline-none">
            <Inbox
              inbox={inbox}
              actions={
                <>
                  <SoundButton sound={sound} />
                  <NotifyButton notifications={notifications} />
                </>
              }
            />
          </main>
        </div>
      ) : isGraphKnown ? (
        <Chat
          {...bar}
          threadId={threadId}
          place={route.place}
          graphId={graphId}
          title={title}
          isOffline={isOffline}
          waiting={waiting}
          failure={thread?.error ?? null}
          isListed={thread !== undefined}
          onGone={forget}
          onThreadId={open}
          onGraph={setNewGraph}
          onChange={() => {
            void refresh();
            void inbox.refresh();
          }}
        />
      ) : (
        <Loading />
      )}
      <NameDialog
        isOpen={isNaming}
        name={name}
        onClose={() => setNaming(false)}
        onSave={(next) => {
          writeName(next);
          setName(next);
          setNaming(false);
        }}
      />
    </div>
  );
}

function Loading() {
  return (
    <p className="flex-1 p-6 text-center text-muted text-sm" role="status">
      {words.loading}
    </p>
  );
}
