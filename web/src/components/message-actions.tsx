import { Check, Copy, Pencil, RotateCcw } from "lucide-react";
import { useState } from "react";
import { Button } from "./button.tsx";

interface MessageActionsProps {
  text: string;
  /** Undefined while it cannot be said differently: something runs, or a question is open. */
  onEdit?: (() => void) | undefined;
  onAgain?: (() => void) | undefined;
}

/** What can be done with a message: on hover, on focus, and always where there is no hover. */
export function MessageActions({ text, onEdit, onAgain }: MessageActionsProps) {
  const [isCopied, setCopied] = useState(false);
  const look =
    "rounded-md p-1.5 text-muted hover:bg-sunken hover:text-ink focus-visible:opacity-100 group-hover/message:opacity-100 [@media(hover:none)]:opacity-100 opacity-0 transition";
  async function copy(): Promise<void> {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    window.setTimeout(() => setCopied(false), 1_500);
  }
  return (
    <div className="mt-0.5 -mb-6 flex h-7 gap-0.5">
      <button
        type="button"
        className={look}
        aria-label={isCopied ? "Copied" : "Copy"}
        onClick={() => void copy()}
      >
        {isCopied ? <Check className="size-3.5" aria-hidden /> : <Copy className="size-3.5" aria-hidden />}
      </button>
      {onEdit ? (
        <button type="button" className={look} aria-label="Say it differently" onClick={onEdit}>
          <Pencil className="size-3.5" aria-hidden />
        </button>
      ) : null}
      {onAgain ? (
        <button type="button" className={look} aria-label="Ask again" onClick={onAgain}>
          <RotateCcw className="size-3.5" aria-hidden />
        </button>
      ) : null}
    </div>
  );
}

interface MessageEditorProps {
  text: string;
  onSave: (text: string) => Promise<void>;
  onCancel: () => void;
}

/** A message being said differently. What came after it stays in the history. */
export function MessageEditor({ text, onSave, onCancel }: MessageEditorProps) {
  const [draft, setDraft] = useState(text);
  const [error, setError] = useState<string | null>(null);
  const [isSending, setSending] = useState(false);
  async function save(): Promise<void> {
    if (draft.trim() === "" || isSending) return;
    setSending(true);
    setError(null);
    try {
      await onSave(draft.trim());
    } catch (problem) {
      setError(problem instanceof Error ? problem.message : String(problem));
      setSending(false);
    }
  }
  return (
    <form
      className="ml-auto w-full max-w-[85%]"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <textarea
        // biome-ignore lint/a11y/noAutofocus: the person has just asked to write here
        autoFocus
        aria-label="Your message, said differently"
        rows={Math.min(12, draft.split("\n").length + 1)}
        className="w-full rounded-xl border border-strong bg-panel px-4 py-2.5 outline-none focus:border-accent"
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onCancel();
          if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
          event.preventDefault();
          void save();
        }}
      />
      <div className="mt-1.5 flex flex-wrap items-center justify-end gap-2">
        {error ? (
          <p role="alert" className="mr-auto text-bad text-sm">
            {error}
          </p>
        ) : (
          <p className="mr-auto text-muted text-xs">What was said after it stays in the history.</p>
        )}
        <Button kind="quiet" onClick={onCancel}>
          Leave it
        </Button>
        <Button type="submit" kind="primary" disabled={draft.trim() === "" || isSending}>
          Send
        </Button>
      </div>
    </form>
  );
}
