import { Button, deferred } from "countersign/react";
import { Inbox, Plus, Search, X } from "lucide-react";
import { useEffect, useState } from "react";
import type { ThreadSummary } from "../lib/api.ts";
import { words } from "../words.ts";
import { type ThreadActions, ThreadRow } from "./thread-row.tsx";

const TextHits = deferred<{ wanted: string }>(async () => (await import("./text-hits.tsx")).TextHits);

interface SidebarProps extends ThreadActions {
  threads: ThreadSummary[] | null;
  /** There are older chats that are not listed yet. */
  hasMore: boolean;
  onMore: () => Promise<void>;
  current: string | null;
  isInbox: boolean;
  /** Open questions on all threads. */
  waiting: number;
  /** Of how many graphs chats can be. */
  graphCount: number;
  isOpen: boolean;
  onClose: () => void;
  onOpen: (threadId: string | null) => void;
}

/** The chats, newest first; what waits for a person stands out. On narrow screens a drawer. */
export function Sidebar(props: SidebarProps) {
  const { threads, isInbox, waiting, isOpen, onClose, onOpen } = props;
  const [wanted, setWanted] = useState("");
  return (
    <>
      {isOpen ? (
        <button
          type="button"
          aria-label={words.sidebar.closeList}
          className="fixed inset-0 z-10 bg-black/40 md:hidden"
          onClick={onClose}
        />
      ) : null}
      <nav
        aria-label={words.sidebar.label}
        className={`${isOpen ? "flex" : "hidden"} fixed inset-y-0 start-0 z-20 w-72 flex-col border-line border-e bg-panel md:static md:flex md:w-64 lg:w-72`}
      >
        <div className="flex items-center gap-2 px-4 pt-4 pb-3">
          <img src="/icon.svg" alt="" className="size-6" />
          <span className="font-semibold tracking-tight">{words.sidebar.product}</span>
          <Button
            kind="quiet"
            className="ms-auto px-2 md:hidden"
            aria-label={words.sidebar.close}
            onClick={onClose}
          >
            <X className="size-4" aria-hidden />
          </Button>
        </div>
        <div className="px-3 pb-2">
          <Button className="w-full justify-start" onClick={() => onOpen(null)}>
            <Plus className="size-4" aria-hidden /> {words.sidebar.newChat}
          </Button>
        </div>
        <div className="px-2 pb-2">
          <a
            href="#/inbox"
            aria-current={isInbox ? "page" : undefined}
            className={`flex items-center gap-2 rounded-lg px-2 py-2 text-sm ${isInbox ? "bg-sunken font-medium" : "hover:bg-sunken"}`}
          >
            <Inbox className="size-4" aria-hidden /> {words.sidebar.inbox}
            {waiting > 0 ? (
              <span className="ms-auto rounded-full bg-warn-soft px-2 py-0.5 font-medium text-warn text-xs">
                {waiting}
                <span className="sr-only">{words.sidebar.open}</span>
              </span>
            ) : null}
          </a>
        </div>
        {threads && threads.length > 0 ? <SearchField wanted={wanted} onWanted={setWanted} /> : null}
        <div className="min-h-0 flex-1 overflow-y-auto px-2 pb-4" tabIndex={-1}>
          <ThreadList {...props} wanted={wanted} />
          {wanted.trim() === "" ? null : <TextHits wanted={wanted} />}
        </div>
      </nav>
    </>
  );
}

function SearchField({ wanted, onWanted }: { wanted: string; onWanted: (text: string) => void }) {
  return (
    <label className="mx-3 mb-2 flex items-center gap-2 rounded-lg border border-line px-2.5 py-1.5 text-sm focus-within:border-accent">
      <Search className="size-4 shrink-0 text-muted" aria-hidden />
      <input
        type="search"
        dir="auto"
        aria-label={words.sidebar.search}
        placeholder={words.sidebar.searchShort}
        className="min-w-0 flex-1 bg-transparent outline-none placeholder:text-muted"
        value={wanted}
        onChange={(event) => onWanted(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onWanted("");
        }}
      />
    </label>
  );
}

/** Chats up to which older ones are fetched while one is looked for. */
const enough = 50;

function ThreadList({
  threads,
  hasMore,
  onMore,
  current,
  graphCount,
  onOpen,
  wanted,
  ...actions
}: SidebarProps & { wanted: string }) {
  const { onRename, onArchive, onDelete } = actions;
  const [isArchiveShown, setArchiveShown] = useState(false);
  const [isLoading, setLoading] = useState(false);
  const name = wanted.trim().toLowerCase();
  const found = threads?.filter(({ title }) => title.toLowerCase().includes(name));
  const archived = found?.filter(({ isArchived }) => isArchived) ?? [];
  const shown = found?.filter(({ isArchived }) => isArchiveShown || !isArchived);
  const load = () => {
    setLoading(true);
    // That the server is gone is said in the bar above; the button is there to try again.
    void onMore().then(
      () => setLoading(false),
      () => setLoading(false),
    );
  };
  const isLooking = name !== "" && hasMore && found !== undefined && found.length < enough;
  const listed = threads?.length ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for what is listed; a failure is not tried again by itself
  useEffect(() => {
    if (isLooking) load();
  }, [isLooking, listed, name]);
  const more = "px-2 py-2 text-muted text-sm hover:text-ink";
  return (
    <ul>
      {shown?.map((thread) => (
        <ThreadRow
          key={thread.id}
          thread={thread}
          isCurrent={thread.id === current}
          hasGraph={graphCount > 1}
          onOpen={onOpen}
          onRename={onRename}
          onArchive={onArchive}
          onDelete={onDelete}
        />
      ))}
      {threads === null ? (
        <li role="status" className="px-2 py-1.5 text-muted text-sm">
          {words.sidebar.loading}
        </li>
      ) : null}
      {threads?.length === 0 ? (
        <li className="px-2 py-1.5 text-muted text-sm">{words.sidebar.none}</li>
      ) : null}
      {threads?.length !== 0 && shown?.length === 0 && !isLooking ? (
        <li className="px-2 py-1.5 text-muted text-sm">
          {wanted ? words.sidebar.noneCalled : words.sidebar.allArchived}
        </li>
      ) : null}
      {hasMore ? (
        <li>
          <button type="button" className={more} disabled={isLoading} onClick={load}>
            {words.sidebar.more}
          </button>
        </li>
      ) : null}
      {archived.length > 0 ? (
        <li>
          <button
            type="button"
            className={more}
            aria-expanded={isArchiveShown}
            onClick={() => setArchiveShown(!isArchiveShown)}
          >
            {isArchiveShown ? words.sidebar.hideArchive : words.sidebar.showArchive(archived.length)}
          </button>
        </li>
      ) : null}
    </ul>
  );
}
