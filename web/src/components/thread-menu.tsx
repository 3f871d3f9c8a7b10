import { Archive, ArchiveRestore, Braces, Ellipsis, FileText, Pencil, Trash2 } from "lucide-react";
import { useId, useRef } from "react";
import type { ThreadSummary } from "../lib/api.ts";
import { words } from "../words.ts";

interface ThreadMenuProps {
  thread: ThreadSummary;
  onRename: () => void;
  onArchive: () => Promise<void>;
  onDelete: () => void;
  /** What was asked for did not work. */
  onFail: (problem: unknown) => void;
}

/** The menu of one chat in the list. */
export function ThreadMenu({ thread, onRename, onArchive, onDelete, onFail }: ThreadMenuProps) {
  const menuId = useId();
  const menu = useRef<HTMLDivElement>(null);
  const { id, title, isArchived } = thread;
  const save = async (format: "markdown" | "json") => {
    const { exportThread } = await import("../lib/export-thread.ts");
    await exportThread(id, title, format);
  };
  const act = (action: () => unknown) => () => {
    menu.current?.hidePopover();
    void Promise.resolve(action()).catch(onFail);
  };
  return (
    <>
      <button
        type="button"
        aria-label={words.menu.label(title)}
        popoverTarget={menuId}
        className="absolute end-1 top-1.5 rounded-md p-1.5 text-muted opacity-0 [anchor-name:--menu] hover:text-ink focus-visible:opacity-100 group-hover:opacity-100 [@media(hover:none)]:opacity-100"
      >
        <Ellipsis className="size-4" aria-hidden />
      </button>
      <div
        ref={menu}
        id={menuId}
        popover="auto"
        className="m-auto w-60 rounded-xl border border-line bg-panel p-1.5 text-ink text-sm shadow-lg"
      >
        <MenuItem icon={Pencil} label={words.menu.rename} onClick={act(onRename)} />
        <MenuItem icon={FileText} label={words.menu.markdown} onClick={act(() => save("markdown"))} />
        <MenuItem icon={Braces} label={words.menu.json} onClick={act(() => save("json"))} />
        <MenuItem
          icon={isArchived ? ArchiveRestore : Archive}
          label={isArchived ? words.menu.takeOut : words.menu.archive}
          onClick={act(onArchive)}
        />
        <MenuItem icon={Trash2} label={words.menu.remove} isDanger onClick={act(onDelete)} />
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
      className={`flex w-full items-center gap-2.5 rounded-lg px-2.5 py-2 text-start hover:bg-sunken ${isDanger ? "text-bad" : ""}`}
    >
      <Icon className="size-4" aria-hidden /> {label}
    </button>
  );
}
