import { FindBox } from "countersign/react";
import { X } from "lucide-react";
import { useEffect, useRef } from "react";
import type { ThreadFind } from "../hooks/use-thread-find.ts";
import { words } from "../words.ts";

export interface FindBarProps {
  find: ThreadFind;
}

/** Looks for something in the chat, also far up, where the browser's own search does not reach. */
export function FindBar({ find }: FindBarProps) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <search className="flex items-center gap-1 border-line border-b bg-bg px-3 py-1.5 sm:px-4">
      <FindBox finding={find} label={words.find.label} field={field} onClose={find.toggle} />
      <button
        type="button"
        aria-label={words.find.close}
        title={words.find.close}
        onClick={find.toggle}
        className="rounded-md p-1.5 text-muted hover:bg-sunken hover:text-ink"
      >
        <X className="size-4" aria-hidden />
      </button>
    </search>
  );
}
