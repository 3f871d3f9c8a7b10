import { Archive, ArchiveRestore, Braces, Ellipsis, FileText, Pencil, Trash2 } from "lucide-react";
import { useId, useRef } from "react";
import type { ThreadSummary } from "../lib/api.ts";
import { exportThread } from "../lib/export-thread.ts";

/** What can be done with a chat. */
export interface ThreadActions {
  onRename: (id: string, title: string) => Promise<void>;
  onArchive: (id: string, isArchived: boolean) => Promise<void>;
  onDelete: (id: string) => void;
}

/** The menu of one chat in the list. */
export function ThreadMenu({
  thread,
  onRename,
  onArchive,
  onDelete,
}: ThreadActions & { thread: ThreadSummary }) {
  const menuId = useId();
  const menu = useRef<HTMLDivElement>(null);
  const { id, title, isArchived } = thread;
  const act = (action: () => unknown) => () => {
    menu.current?.hidePopover();
    void Promise.resolve(action()).catch(() =>
      window.alert("The server did not answer. Try again in a moment."),
    );
  };
  const rename = () => {
    const next = window.prompt("Name of the chat", title)?.trim();
    return next && next !== title ? onRename(id, next) : undefined;
  };
  const remove = () => {
    if (window.confirm(`Delete “${title}” for good?`)) onDelete(id);
  };
  return (
    <>
      <button
        type="button"
        aria-label={`More about ${title}`}
        popoverTarget={menuId}
        className="absolute top-1.5 right-1 rounded-md p-1.5 text-muted opacity-0 [anchor-name:--menu] hover:text-ink focus-visible:opacity-100 group-hover:opacity-100 [@media(hover:none)]:opacity-100"
      >
        <Ellipsis className="size-4" aria-hidden />
      </button>
      <div
        ref={menu}
        id={menuId}
        popover="auto"
        className="m-auto w-60 rounded-xl border border-line bg-panel p-1.5 text-ink text-sm shadow-lg"
      >
        <MenuItem icon={Pencil} label="Rename" onClick={act(rename)} />
        <MenuItem
          icon={FileText}
          label="Export as Markdown"
          onClick={act(() => exportThread(id, title, "markdown"))}
        />
        <MenuItem icon={Braces} label="Export as JSON" onClick={act(() => exportThread(id, title, "json"))} />
        <MenuItem
          icon={isArchived ? ArchiveRestore : Archive}
          label={isArchived ? "Take out of the archive" : "Archive"}
          onClick={act(() => onArchive(id, !isArchived))}
        />
        <MenuItem icon={Trash2} label="Delete" isDanger onClick={act(remove)} />
      </div>
    </>
  );
}

interface MenuItemProps {
  icon: typeof Pencil;
  label: string;
  isDanger?: boolean;
  onClick: () => void;
}

function MenuItem({ icon: Icon, label, isDanger = false, onClick }: MenuItemProps) {
  return (
    <button
      type="button"
      onClick={onClick}
      className={`flex w-full items-center gap-2.5 rounded-lg px-2.5 py-2 text-left hover:bg-sunken ${isDanger ? "text-bad" : ""}`}
    >
      <Icon className="size-4" aria-hidden /> {label}
    </button>
  );
}
