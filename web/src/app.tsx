import { useCallback, useEffect, useState } from "react";
import { Chat } from "./components/chat.tsx";
import { LoginPage } from "./components/login-page.tsx";
import { NameDialog } from "./components/name-dialog.tsx";
import { Sidebar } from "./components/sidebar.tsx";
import { TopBar } from "./components/top-bar.tsx";
import { useAppInfo } from "./hooks/use-app-info.ts";
import { useRoute } from "./hooks/use-route.ts";
import { useThreads } from "./hooks/use-threads.ts";
import type { InboxPageProps } from "./inbox/inbox-page.tsx";
import { useInbox } from "./inbox/use-inbox.ts";
import { useNotifications } from "./inbox/use-notifications.ts";
import type { AppInfo } from "./lib/api.ts";
import { deferred } from "./lib/deferred.tsx";
import { readName, writeName } from "./lib/name.ts";
import { showTitle } from "./lib/title.ts";

export function App() {
  const { result, refresh } = useAppInfo();
  if (result === null) return null;
  if (result.type === "login") return <LoginPage onLogin={() => void refresh()} />;
  if (result.type === "unreachable") {
    return (
      <main className="flex h-full items-center justify-center p-4 text-muted" role="status">
        The server does not answer. Trying again…
      </main>
    );
  }
  return <Workbench info={result.info} />;
}

const InboxPage = deferred<InboxPageProps>(
  async () => (await import("./inbox/inbox-page.tsx")).InboxPage,
  () => <Loading />,
);

function Workbench({ info }: { info: AppInfo }) {
  const [route, goTo] = useRoute();
  const { threads, isOffline, refresh, remove, rename, archive } = useThreads();
  const inbox = useInbox();
  const notifications = useNotifications(inbox.entries);
  const [isSidebarOpen, setSidebarOpen] = useState(false);
  const [name, setName] = useState(readName);
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
  const title = threadId === null ? "New chat" : (thread?.title ?? "Chat");
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
    if (route.page === "inbox") showTitle("Inbox", waiting);
  }, [route.page, waiting]);
  return (
    <div className="flex h-full">
      <Sidebar
        threads={threads}
        current={threadId}
        isInbox={route.page === "inbox"}
        waiting={waiting}
        isOpen={isSidebarOpen}
        onClose={() => setSidebarOpen(false)}
        onOpen={open}
        onRename={rename}
        onArchive={archive}
        onDelete={(id) => {
          void remove(id).then(() => id === threadId && open(null));
        }}
      />
      {route.page === "inbox" ? (
        <div className="flex min-w-0 flex-1 flex-col">
          <TopBar {...bar} title="Inbox" isReconnecting={isOffline} onInspect={undefined} />
          <main className="min-h-0 flex-1 overflow-y-auto">
            <InboxPage inbox={inbox} notifications={notifications} />
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
      Loading
    </p>
  );
}
