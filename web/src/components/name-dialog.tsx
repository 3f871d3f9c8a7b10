import { Dialog } from "radix-ui";
import { useState } from "react";
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
  const isFirst = name === null;
  return (
    <Dialog.Root open={isOpen} onOpenChange={(open) => !open && !isFirst && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-30 bg-black/40" />
        <Dialog.Content
          className="fixed top-1/2 left-1/2 z-40 w-96 max-w-[92vw] -translate-x-1/2 -translate-y-1/2 rounded-xl border border-line bg-panel p-5 shadow-xl"
          onPointerDownOutside={(event) => isFirst && event.preventDefault()}
          onEscapeKeyDown={(event) => isFirst && event.preventDefault()}
        >
          <Dialog.Title className="font-semibold">What is your name?</Dialog.Title>
          <Dialog.Description className="mt-1 text-muted text-sm">
            Your decisions carry it: whoever looks later sees who approved what.
          </Dialog.Description>
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
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
