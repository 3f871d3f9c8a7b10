import { ArrowDown } from "lucide-react";
import { words } from "../words.ts";

interface ToNewestProps {
  /** What has come since the person scrolled away. */
  count: number;
  onGo: () => void;
}

/** The way back to the end of the chat, over its lower edge. */
export function ToNewest({ count, onGo }: ToNewestProps) {
  return (
    <div className="relative h-0">
      <button
        type="button"
        aria-label={count > 0 ? `${words.chat.newest}: ${words.chat.newer(count)}` : words.chat.newest}
        onClick={onGo}
        className="absolute start-1/2 bottom-2 flex -translate-x-1/2 items-center gap-1.5 rounded-full border border-strong bg-panel px-3 py-1.5 text-sm shadow-md hover:bg-sunken rtl:translate-x-1/2"
      >
        <ArrowDown className="size-4" aria-hidden />
        {count > 0 ? <span className="tabular-nums">{words.chat.newer(count)}</span> : null}
      </button>
    </div>
  );
}
