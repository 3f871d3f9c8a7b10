import { ChevronRight, Eye } from "lucide-react";
import { useState } from "react";
import type { ReadCall } from "../conversation/timeline.ts";
import { ScrollBox } from "./scroll-box.tsx";

/** What the agent looked at while it planned: read-only calls, folded to a line. */
export function ReadingRow({ calls }: { calls: ReadCall[] }) {
  const [isOpen, setOpen] = useState(false);
  const names = [...new Set(calls.map(({ tool }) => tool))].join(", ");
  const isDone = calls.every(({ result }) => result !== null);
  return (
    <div className="text-muted text-sm">
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="flex items-center gap-1.5 rounded hover:text-ink"
      >
        <Eye className="size-4" aria-hidden />
        {isDone ? "Looked around" : "Looking around"} with <code className="font-mono text-xs">{names}</code>
        <ChevronRight className={`size-3.5 transition-transform ${isOpen ? "rotate-90" : ""}`} aria-hidden />
      </button>
      {isOpen
        ? calls.map(({ id, tool, args, result, isError }) => (
            <div key={id} className="mt-2 ml-5.5">
              <code className="break-words font-mono text-xs">
                {tool}({JSON.stringify(args)})
              </code>
              <ScrollBox
                label={`Result of ${tool}`}
                text={result ?? "…"}
                className={isError ? "text-bad" : ""}
              />
            </div>
          ))
        : null}
    </div>
  );
}
