import { Button, CopyButton } from "countersign/react";
import { ChevronLeft, ChevronRight, CornerDownRight, Link, Pencil, RotateCcw } from "lucide-react";
import { useState } from "react";
import type { Versions } from "../lib/branches.ts";
import { words } from "../words.ts";

interface MessageActionsProps {
  text: string;
  /** The address of the message within the page; null until the server has its thread. */
  link: string | null;
  /** Undefined while it cannot be said differently: something runs, or a question is open. */
  onEdit?: (() => void) | undefined;
  onAgain?: (() => Promise<void>) | undefined;
  onGoOn?: (() => void) | undefined;
  /** They stand at the end of the line, the most important one outermost. */
  isAtEnd?: boolean;
  versions?: Versions | undefined;
  /** Goes on with another version, by where it ended. */
  onVersion?: ((leaf: string) => Promise<void>) | undefined;
}

const look =
  "rounded-md p-1.5 text-muted hover:bg-sunken hover:text-ink focus-visible:opacity-100 group-hover/message:opacity-100 [@media(hover:none)]:opacity-100 opacity-0 transition";

/** What can be done with a message: on hover, on focus, and always where there is no hover. */
export function MessageActions(props: MessageActionsProps) {
  const { text, link, isAtEnd = false, onEdit, onAgain, onGoOn, versions, onVersion } = props;
  const [problem, setProblem] = useState<string | null>(null);
  const attempt = (what: Promise<void>, orElse?: string) => {
    setProblem(null);
    what.catch((error: Error) => setProblem(orElse ?? error.message));
  };
  return (
    <div className={`mt-0.5 -mb-6 flex h-7 items-center gap-0.5 ${isAtEnd ? "flex-row-reverse" : ""}`}>
      {versions ? (
        <VersionSwitch
          versions={versions}
          onVersion={onVersion && ((leaf) => attempt(onVersion(leaf), words.message.notSwitched))}
        />
      ) : null}
      <CopyButton text={text} label={words.message.copy} className={look} />
      <Action icon={Pencil} label={words.message.edit} onClick={onEdit} />
      <Action icon={RotateCcw} label={words.message.again} onClick={onAgain && (() => attempt(onAgain()))} />
      <Action icon={CornerDownRight} label={words.message.goOn} onClick={onGoOn} />
      {link === null ? null : (
        <CopyButton
          icon={Link}
          text={() => new URL(link, window.location.href).href}
          label={words.message.link}
          className={look}
        />
      )}
      {problem === null ? null : (
        <p role="alert" className="mx-1 text-bad text-xs">
          {problem}
        </p>
      )}
    </div>
  );
}

interface ActionProps {
  icon: typeof Pencil;
  label: string;
  onClick: (() => void) | undefined;
}

function Action({ icon: Icon, label, onClick }: ActionProps) {
  if (onClick === undefined) return null;
  return (
    <button type="button" className={look} aria-label={label} title={label} onClick={onClick}>
      <Icon className="size-3.5" aria-hidden />
    </button>
  );
}

interface VersionSwitchProps {
  versions: Versions;
  onVersion: ((leaf: string) => void) | undefined;
}

/** What was said instead at the same place, before or after. */
function VersionSwitch({ versions: { leaves, at }, onVersion }: VersionSwitchProps) {
  const step = (by: number, label: string, Icon: typeof ChevronLeft) => {
    const leaf = leaves[at + by];
    return (
      <button
        type="button"
        aria-label={label}
        title={label}
        disabled={leaf === undefined || onVersion === undefined}
        className="rounded-md p-1 hover:bg-sunken hover:text-ink disabled:opacity-40"
        onClick={() => leaf !== undefined && onVersion?.(leaf)}
      >
        <Icon className="size-3.5 rtl:-scale-x-100" aria-hidden />
      </button>
    );
  };
  return (
    <fieldset aria-label={words.message.versions} className="mx-1 flex items-center text-muted text-xs">
      {step(-1, words.message.previous, ChevronLeft)}
      <span className="tabular-nums">{words.message.version(at + 1, leaves.length)}</span>
      {step(1, words.message.next, ChevronRight)}
    </fieldset>
  );
}

interface MessageEditorProps {
  draft: string;
  /** Keeps what is written; undefined puts it back. */
  onDraft: (draft: string | undefined) => void;
  label: string;
  hint: string;
  className?: string;
  /** Resolves when it was taken. Undefined while nothing can be said. @throws with why it was not, in words */
  onSave: ((text: string) => Promise<void>) | undefined;
}

/** Something being said in place of what was said. What came after that stays in the history. */
export function MessageEditor({ draft, onDraft, label, hint, className = "", onSave }: MessageEditorProps) {
  const [error, setError] = useState<string | null>(null);
  const [isSending, setSending] = useState(false);
  async function save(): Promise<void> {
    if (draft.trim() === "" || isSending || onSave === undefined) return;
    setSending(true);
    setError(null);
    try {
      await onSave(draft.trim());
      onDraft(undefined);
    } catch (problem) {
      setError(problem instanceof Error ? problem.message : String(problem));
      setSending(false);
    }
  }
  return (
    <form
      className={className}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <textarea
        // biome-ignore lint/a11y/noAutofocus: the person has just asked to write here
        autoFocus
        aria-label={label}
        dir="auto"
        rows={Math.min(12, draft.split("\n").length + 1)}
        className="w-full rounded-xl border border-strong bg-panel px-4 py-2.5 outline-none focus:border-accent"
        value={draft}
        onChange={(event) => onDraft(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onDraft(undefined);
          if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
          event.preventDefault();
          void save();
        }}
      />
      <div className="mt-1.5 flex flex-wrap items-center justify-end gap-2">
        {error ? (
          <p role="alert" className="me-auto text-bad text-sm">
            {error}
          </p>
        ) : (
          <p className="me-auto text-muted text-xs">{hint}</p>
        )}
        <Button kind="quiet" onClick={() => onDraft(undefined)}>
          {words.message.leave}
        </Button>
        <Button
          type="submit"
          kind="primary"
          disabled={draft.trim() === "" || isSending || onSave === undefined}
        >
          {words.message.send}
        </Button>
      </div>
    </form>
  );
}
