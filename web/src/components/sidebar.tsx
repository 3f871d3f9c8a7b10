import { Inbox, Plus, Search, X } from "lucide-react";
import { useState } from "react";
import type { ThreadSummary } from "../lib/api.ts";
import { Button } from "./button.tsx";
import { type ThreadActions, ThreadMenu } from "./thread-menu.tsx";

interface SidebarProps extends ThreadActions {
  threads: ThreadSummary[] | null;
  current: string | null;
  isInbox: boolean;
  /** Open questions on all threads. */
  waiting: number;
  isOpen: boolean;
  onClose: () => void;
  onOpen: (threadId: string | null) => void;
}

const looks: Record<ThreadSummary["status"], { label: string; dot: string }> = {
  interrupted: { label: "waits for you", dot: "bg-warn" },
  busy: { label: "working", dot: "bg-accent animate-pulse" },
  error: { label: "failed", dot: "bg-bad" },
  idle: { label: "", dot: "bg-transparent" },
};

/** The chats, newest first; what waits for a person stands out. On narrow screens a drawer. */
export function Sidebar(props: SidebarProps) {
  const { threads, current, isInbox, waiting, isOpen, onClose, onOpen, ...actions } = props;
  const [wanted, setWanted] = useState("");
  const [isArchiveShown, setArchiveShown] = useState(false);
  const fits = ({ title }: ThreadSummary) => title.toLowerCase().includes(wanted.trim().toLowerCase());
  const archived = threads?.filter((thread) => thread.isArchived && fits(thread)) ?? [];
  const shown = threads?.filter((thread) => (isArchiveShown || !thread.isArchived) && fits(thread));
  return (
    <>
      {isOpen ? (
        <button
          type="button"
          aria-label="Close the list of chats"
          className="fixed inset-0 z-10 bg-black/40 md:hidden"
          onClick={onClose}
        />
      ) : null}
      <nav
        aria-label="Chats"
        className={`${isOpen ? "flex" : "hidden"} fixed inset-y-0 left-0 z-20 w-72 flex-col border-line border-r bg-panel md:static md:flex md:w-64 lg:w-72`}
      >
        <div className="flex items-center gap-2 px-4 pt-4 pb-3">
          <img src="/icon.svg" alt="" className="size-6" />
          <span className="font-semibold tracking-tight">Countersign</span>
          <Button kind="quiet" className="ml-auto px-2 md:hidden" aria-label="Close" onClick={onClose}>
            <X className="size-4" aria-hidden />
          </Button>
        </div>
        <div className="px-3 pb-2">
          <Button className="w-full justify-start" onClick={() => onOpen(null)}>
            <Plus className="size-4" aria-hidden /> New chat
          </Button>
        </div>
        <div className="px-2 pb-2">
          <a
            href="#/inbox"
            aria-current={isInbox ? "page" : undefined}
            className={`flex items-center gap-2 rounded-lg px-2 py-2 text-sm ${isInbox ? "bg-sunken font-medium" : "hover:bg-sunken"}`}
          >
            <Inbox className="size-4" aria-hidden /> Inbox
            {waiting > 0 ? (
              <span className="ml-auto rounded-full bg-warn-soft px-2 py-0.5 font-medium text-warn text-xs">
                {waiting}
                <span className="sr-only"> open</span>
              </span>
            ) : null}
          </a>
        </div>
        {threads && threads.length > 0 ? (
          <label className="mx-3 mb-2 flex items-center gap-2 rounded-lg border border-line px-2.5 py-1.5 text-sm focus-within:border-accent">
            <Search className="size-4 shrink-0 text-muted" aria-hidden />
            <input
              type="search"
              aria-label="Search the chats"
              placeholder="Search"
              className="min-w-0 flex-1 bg-transparent outline-none placeholder:text-muted"
              value={wanted}
              onChange={(event) => setWanted(event.target.value)}
            />
          </label>
        ) : null}
        <ul className="min-h-0 flex-1 overflow-y-auto px-2 pb-4">
          {shown?.map((thread) => (
            <ThreadRow
              key={thread.id}
              thread={thread}
              isCurrent={thread.id === current}
              onOpen={onOpen}
              {...actions}
            />
          ))}
          {threads?.length === 0 ? <li className="px-2 py-1.5 text-muted text-sm">No chats yet.</li> : null}
          {threads?.length !== 0 && shown?.length === 0 ? (
            <li className="px-2 py-1.5 text-muted text-sm">
              {wanted ? "No chat is called that." : "Every chat is in the archive."}
            </li>
          ) : null}
          {archived.length > 0 ? (
            <li>
              <button
                type="button"
                className="px-2 py-2 text-muted text-sm hover:text-ink"
                aria-expanded={isArchiveShown}
                onClick={() => setArchiveShown(!isArchiveShown)}
              >
                {isArchiveShown ? "Hide the archive" : `Show the archive (${archived.length})`}
              </button>
            </li>
          ) : null}
        </ul>
      </nav>
    </>
  );
}

interface ThreadRowProps extends ThreadActions {
  thread: ThreadSummary;
  isCurrent: boolean;
  onOpen: (threadId: string) => void;
}

function ThreadRow({ thread, isCurrent, onOpen, ...actions }: ThreadRowProps) {
  const { label, dot } = looks[thread.status];
  return (
    <li className="group relative">
      <button
        type="button"
        aria-current={isCurrent ? "page" : undefined}
        onClick={() => onOpen(thread.id)}
        className={`flex w-full items-center gap-2 rounded-lg py-2 pr-9 pl-2 text-left text-sm ${isCurrent ? "bg-sunken font-medium" : "hover:bg-sunken"}`}
      >
        <span className={`size-2 shrink-0 rounded-full ${dot}`} aria-hidden />
        <span className="min-w-0 flex-1">
          <span className="block truncate">{thread.title}</span>
          {label ? <span className="block text-muted text-xs">{label}</span> : null}
        </span>
      </button>
      <ThreadMenu thread={thread} {...actions} />
    </li>
  );
}
