import { useEffect, useId, useRef, useState } from "react";
import { Button } from "./button.tsx";

interface NameDialogProps {
  isOpen: boolean;
  name: string | null;
  onSave: (name: string) => void;
  onClose: () => void;
}

/** Asks under which name the person decides. The first time there is no way around it. */
export function NameDialog({ isOpen, name, onSave, onClose }: NameDialogProps) {
  const [text, setText] = useState(name ?? "");
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const isFirst = name === null;

  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);

  return (
    <dialog
      ref={dialog}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      className="m-auto w-96 max-w-[92vw] rounded-xl border border-line bg-panel p-5 text-ink shadow-xl backdrop:bg-black/40"
      onCancel={(event) => isFirst && event.preventDefault()}
      onClose={() => {
        // A browser closes on a second Escape, whatever the first was told.
        if (isOpen && isFirst) dialog.current?.showModal();
        else if (isOpen) onClose();
      }}
    >
      <h2 id={`${id}-title`} className="font-semibold">
        What is your name?
      </h2>
      <p id={`${id}-text`} className="mt-1 text-muted text-sm">
        Your decisions carry it: whoever looks later sees who approved what.
      </p>
      <form
        className="mt-3 flex gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() !== "") onSave(text.trim());
        }}
      >
        <input
          aria-label="Your name"
          autoComplete="name"
          maxLength={80}
          className="min-w-0 flex-1 rounded-lg border border-strong bg-bg px-2.5 py-1.5"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Button type="submit" kind="primary" disabled={text.trim() === ""}>
          {isFirst ? "Start" : "Save"}
        </Button>
      </form>
    </dialog>
  );
}
