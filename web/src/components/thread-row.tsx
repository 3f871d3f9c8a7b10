import { deferred, describeError } from "countersign/react";
import { useRef, useState } from "react";
import type { ThreadSummary } from "../lib/api.ts";
import { words } from "../words.ts";
import type { DeleteDialogProps } from "./delete-dialog.tsx";
import { ThreadMenu } from "./thread-menu.tsx";

const DeleteDialog = deferred<DeleteDialogProps>(
  async () => (await import("./delete-dialog.tsx")).DeleteDialog,
);

/** What can be done with a chat. */
export interface ThreadActions {
  onRename: (id: string, title: string) => Promise<void>;
  onArchive: (id: string, isArchived: boolean) => Promise<void>;
  onDelete: (id: string) => Promise<void>;
}

interface ThreadRowProps extends ThreadActions {
  thread: ThreadSummary;
  isCurrent: boolean;
  /** The graph is worth saying: there are several. */
  hasGraph: boolean;
  onOpen: (threadId: string) => void;
}

const dots: Record<ThreadSummary["status"], string> = {
  interrupted: "bg-warn",
  busy: "bg-accent animate-pulse",
  error: "bg-bad",
  idle: "bg-transparent",
};

/** One chat in the list. */
export function ThreadRow(props: ThreadRowProps) {
  const { thread, isCurrent, hasGraph, onOpen, onRename, onArchive, onDelete } = props;
  const { id, title, status, graphId } = thread;
  const [mode, setMode] = useState<"shown" | "naming" | "deleting">("shown");
  const [error, setError] = useState<string | null>(null);
  const isFocusDue = useRef(false);
  const fail = (problem: unknown) => setError(describeError(problem));
  const about = [words.sidebar.status[status], hasGraph ? graphId : null].filter(Boolean).join(" · ");
  if (mode === "naming") {
    return (
      <li>
        <NameField
          title={title}
          onDone={(next, isByKey) => {
            isFocusDue.current = isByKey;
            setMode("shown");
            setError(null);
            if (next !== null) onRename(id, next).catch(fail);
          }}
        />
      </li>
    );
  }
  return (
    <li className="group relative">
      <button
        ref={(element) => {
          if (isFocusDue.current && element !== null) element.focus();
          isFocusDue.current = false;
        }}
        type="button"
        aria-current={isCurrent ? "page" : undefined}
        onClick={() => onOpen(id)}
        className={`flex w-full items-center gap-2 rounded-lg py-2 ps-2 pe-9 text-start text-sm ${isCurrent ? "bg-sunken font-medium" : "hover:bg-sunken"}`}
      >
        <span className={`size-2 shrink-0 rounded-full ${dots[status]}`} aria-hidden />
        <span className="min-w-0 flex-1">
          <span dir="auto" className="block truncate">
            {title}
          </span>
          {about ? <span className="block truncate text-muted text-xs">{about}</span> : null}
        </span>
      </button>
      <ThreadMenu
        thread={thread}
        onRename={() => setMode("naming")}
        onArchive={() => onArchive(id, !thread.isArchived)}
        onDelete={() => setMode("deleting")}
        onFail={fail}
      />
      {error === null ? null : (
        <p role="alert" className="px-2 pb-1 text-bad text-xs">
          {error}
        </p>
      )}
      {mode === "deleting" ? (
        <DeleteDialog title={title} onDelete={() => onDelete(id)} onClose={() => setMode("shown")} />
      ) : null}
    </li>
  );
}

interface NameFieldProps {
  title: string;
  /** With the new name; null when it stays as it is. By key: the person goes on from here. */
  onDone: (title: string | null, isByKey: boolean) => void;
}

/** The name of a chat being changed, where it stands. */
function NameField({ title, onDone }: NameFieldProps) {
  const [name, setName] = useState(title);
  const save = (isByKey: boolean) => {
    const next = name.trim();
    onDone(next === "" || next === title ? null : next, isByKey);
  };
  return (
    <form
      className="px-1 py-1"
      onSubmit={(event) => {
        event.preventDefault();
        save(true);
      }}
    >
      <input
        // biome-ignore lint/a11y/noAutofocus: the person has just asked to write here
        autoFocus
        dir="auto"
        aria-label={words.menu.name(title)}
        className="w-full rounded-lg border border-accent bg-bg px-2 py-1.5 text-sm outline-none"
        value={name}
        maxLength={200}
        onFocus={(event) => event.currentTarget.select()}
        onChange={(event) => setName(event.target.value)}
        onBlur={() => save(false)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onDone(null, true);
        }}
      />
    </form>
  );
}
