import { Clock, X } from "lucide-react";
import type { Conversation } from "../hooks/use-conversation.ts";
import { words } from "../words.ts";

/** Messages that wait for their turn; each can be taken back. */
export function QueueList({
  queue,
  onTakeBack,
}: {
  queue: Conversation["queue"];
  onTakeBack: (id: string) => void;
}) {
  if (queue.length === 0) return null;
  return (
    <ul aria-label={words.queue.label} className="mb-2 grid gap-1">
      {queue.map(({ id, text }) => (
        <li key={id} className="flex items-center gap-2 rounded-lg bg-sunken px-3 py-1.5 text-sm">
          <Clock className="size-3.5 shrink-0 text-muted" aria-hidden />
          <span dir="auto" className="min-w-0 flex-1 truncate">
            {text}
          </span>
          <button
            type="button"
            aria-label={words.queue.takeBack(text)}
            className="rounded p-1 text-muted hover:text-ink"
            onClick={() => onTakeBack(id)}
          >
            <X className="size-3.5" aria-hidden />
          </button>
        </li>
      ))}
    </ul>
  );
}
