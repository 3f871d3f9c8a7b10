import { Undo2 } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "./button.tsx";
import { KeyHint } from "./key-hint.tsx";
import { useAnswering } from "./use-answering.ts";
import type { Approval } from "./use-approval.ts";
import { useNow } from "./use-now.ts";
import { useSingleKeys } from "./use-single-keys.ts";
import { words } from "./words.ts";

/** Where nothing is held back, the first step has mostly begun by then: no button comes and goes in a blink. */
const patienceMs = 600;

interface UndoBarProps {
  approval: Approval;
  onUndo: () => Promise<void>;
}

/** The way back from an approval, as long as nothing has begun; with the time until it does, where it is held back. */
export function UndoBar({ approval, onUndo }: UndoBarProps) {
  const { startsAt } = approval;
  const [isShown, setShown] = useState(startsAt !== null);
  const now = useNow(startsAt !== null);
  const { isSending, error, send } = useAnswering(onUndo);
  useEffect(() => {
    if (isShown) return;
    const timer = window.setTimeout(() => setShown(true), patienceMs);
    return () => window.clearTimeout(timer);
  }, [isShown]);
  useSingleKeys(isShown, { z: () => void send(undefined) });
  if (!isShown) return null;
  const seconds = startsAt === null ? 0 : Math.ceil((startsAt - now) / 1_000);
  return (
    <div className="mt-3 flex flex-wrap items-center gap-x-3 gap-y-1 border-line border-t pt-3 text-sm">
      <Button disabled={isSending} aria-keyshortcuts="z" onClick={() => void send(undefined)}>
        <Undo2 className="size-4" aria-hidden />
        {words.undo.undo}
        <KeyHint letter="z" />
      </Button>
      <span className="text-muted tabular-nums">
        {seconds > 0 ? words.undo.startsIn(seconds) : words.undo.starting}{" "}
        {approval.isEdit ? words.undo.asEdited : ""}
      </span>
      {error ? (
        <p role="alert" className="w-full break-words text-bad">
          {error}
        </p>
      ) : null}
    </div>
  );
}
