import { Button, describeError } from "countersign/react";
import { useEffect, useRef, useState } from "react";
import { words } from "../words.ts";

export interface DeleteDialogProps {
  title: string;
  onDelete: () => Promise<void>;
  onClose: () => void;
}

/** Asks once more before a chat is gone for good. */
export function DeleteDialog({ title, onDelete, onClose }: DeleteDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [error, setError] = useState<string | null>(null);
  const [isDeleting, setDeleting] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  async function remove(): Promise<void> {
    setDeleting(true);
    setError(null);
    const row = dialog.current?.closest("li");
    const beside = (row?.nextElementSibling ?? row?.previousElementSibling)?.querySelector("button");
    try {
      await onDelete();
      // While it is there, nothing else can have the focus.
      dialog.current?.close();
      beside?.focus();
    } catch (problem) {
      setError(describeError(problem));
      setDeleting(false);
    }
  }
  return (
    <dialog
      ref={dialog}
      aria-label={words.menu.confirm(title)}
      className="m-auto w-96 max-w-[94vw] rounded-xl border border-line bg-panel p-5 text-ink text-sm shadow-lg backdrop:bg-black/40"
      onClose={onClose}
    >
      <h2 dir="auto" className="break-words font-semibold text-base">
        {words.menu.confirm(title)}
      </h2>
      <p className="mt-1 text-muted">{words.menu.confirmHint}</p>
      {error === null ? null : (
        <p role="alert" className="mt-2 text-bad">
          {error}
        </p>
      )}
      <div className="mt-4 flex flex-wrap justify-end gap-2">
        <Button kind="quiet" onClick={() => dialog.current?.close()}>
          {words.menu.no}
        </Button>
        <Button kind="danger" disabled={isDeleting} onClick={() => void remove()}>
          {words.menu.yes}
        </Button>
      </div>
    </dialog>
  );
}
