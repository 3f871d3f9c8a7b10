import { useCallback, useState } from "react";
import { Chat } from "./components/chat.tsx";
import { LoginPage } from "./components/login-page.tsx";
import { NameDialog } from "./components/name-dialog.tsx";
import { Sidebar } from "./components/sidebar.tsx";
import { useAppInfo } from "./hooks/use-app-info.ts";
import { useRoute } from "./hooks/use-route.ts";
import { useThreads } from "./hooks/use-threads.ts";
import type { AppInfo } from "./lib/api.ts";
import { readName, writeName } from "./lib/name.ts";

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

function Workbench({ info }: { info: AppInfo }) {
  const [threadId, goTo] = useRoute();
  const { threads, isOffline, refresh, remove, rename, archive } = useThreads();
  const [isSidebarOpen, setSidebarOpen] = useState(false);
  const [name, setName] = useState(readName);
  const [isNaming, setNaming] = useState(name === null);

  const open = useCallback(
    (id: string | null) => {
      goTo(id);
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
  return (
    <div className="flex h-full">
      <Sidebar
        threads={threads}
        current={threadId}
        isOpen={isSidebarOpen}
        onClose={() => setSidebarOpen(false)}
        onOpen={open}
        onRename={rename}
        onArchive={archive}
        onDelete={(id) => {
          void remove(id).then(() => id === threadId && goTo(null));
        }}
      />
      {isGraphKnown ? (
        <Chat
          threadId={threadId}
          graphId={graphId}
          onGraph={setNewGraph}
          title={title}
          info={info}
          name={name ?? ""}
          isOffline={isOffline}
          failure={thread?.error ?? null}
          onThreadId={goTo}
          onMenu={() => setSidebarOpen(true)}
          onName={() => setNaming(true)}
          onChange={() => void refresh()}
        />
      ) : (
        <main className="flex-1 p-6 text-center text-muted text-sm" role="status">
          Loading
        </main>
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
