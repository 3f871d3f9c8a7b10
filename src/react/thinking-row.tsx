import { Brain, ChevronRight } from "lucide-react";
import { useState } from "react";
import { Markdown } from "./markdown.tsx";
import { formatDuration } from "./steps.ts";
import { useDuration } from "./use-duration.ts";
import { words } from "./words.ts";

interface ThinkingRowProps {
  id: string;
  /** Markdown; empty when the provider keeps it to itself. */
  text: string;
  isOver: boolean;
}

/** What a model thought before it spoke, folded to a line. */
export function ThinkingRow({ id, text, isOver }: ThinkingRowProps) {
  const [isOpen, setOpen] = useState(false);
  const ms = useDuration(id, isOver);
  const duration = ms === null || (isOver && ms < 100) ? null : formatDuration(ms);
  const done = duration === null ? words.thinking.done : words.thinking.doneIn(duration);
  return (
    <div className="text-muted text-sm">
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="flex items-center gap-1.5 rounded hover:text-ink"
      >
        <Brain className={`size-4 ${isOver ? "" : "animate-pulse text-accent"}`} aria-hidden />
        {isOver ? done : words.thinking.now}
        {!isOver && duration !== null ? <span className="text-xs tabular-nums">{duration}</span> : null}
        <ChevronRight
          className={`size-3.5 transition-transform rtl:-scale-x-100 ${isOpen ? "rotate-90" : ""}`}
          aria-hidden
        />
      </button>
      {isOpen ? (
        <section
          aria-label={words.thinking.label}
          dir="auto"
          className="mt-2 ms-2 break-words border-line border-s-2 ps-3.5"
        >
          {text === "" ? words.thinking.hidden : <Markdown text={text} />}
        </section>
      ) : null}
    </div>
  );
}
