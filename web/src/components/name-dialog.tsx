import { Button } from "countersign/react";
import { useEffect, useId, useRef, useState } from "react";
import { withoutEscape } from "../lib/without-escape.ts";
import { words } from "../words.ts";

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
      {...(isFirst ? withoutEscape : {})}
      onClose={() => {
        if (isOpen && isFirst) dialog.current?.showModal();
        else if (isOpen) onClose();
      }}
    >
      <h2 id={`${id}-title`} className="font-semibold">
        {words.name.title}
      </h2>
      <p id={`${id}-text`} className="mt-1 text-muted text-sm">
        {words.name.why}
      </p>
      <form
        className="mt-3 flex gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() !== "") onSave(text.trim());
        }}
      >
        <input
          aria-label={words.name.label}
          dir="auto"
          autoComplete="name"
          maxLength={80}
          className="min-w-0 flex-1 rounded-lg border border-strong bg-bg px-2.5 py-1.5"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Button type="submit" kind="primary" disabled={text.trim() === ""}>
          {isFirst ? words.name.start : words.name.save}
        </Button>
      </form>
    </dialog>
  );
}
