import { ChevronRight, Eye } from "lucide-react";
import { useState } from "react";
import type { CallDetailsProps } from "./call-details.tsx";
import type { CallListProps } from "./call-list.tsx";
import { deferred } from "./deferred.tsx";
import type { ReadCall } from "./timeline.ts";
import { words } from "./words.ts";

const CallDetails = deferred<CallDetailsProps>(async () => (await import("./call-details.tsx")).CallDetails);

interface ReadingRowProps {
  calls: ReadCall[];
}

/** What the agent looked at while it planned: read-only calls, folded to a line. */
export function ReadingRow({ calls }: ReadingRowProps) {
  const [isOpen, setOpen] = useState(false);
  const names = [...new Set(calls.map(({ tool }) => tool))].join(", ");
  const isDone = calls.every(({ result }) => result !== null);
  return (
    <div className="text-muted text-sm" data-reads={idsOf(calls)}>
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="flex max-w-full items-center gap-1.5 rounded text-start hover:text-ink"
      >
        <Eye className="size-4 shrink-0" aria-hidden />
        <span className="min-w-0 truncate">
          {isDone ? words.calls.looked : words.calls.looking}{" "}
          <code className="font-mono text-xs">{names}</code>
        </span>
        <ChevronRight
          className={`size-3.5 shrink-0 transition-transform rtl:-scale-x-100 ${isOpen ? "rotate-90" : ""}`}
          aria-hidden
        />
      </button>
      {isOpen
        ? calls.map((call) => (
            <div key={call.id} className="mt-2 ms-5.5">
              <code className="font-mono text-xs">{call.tool}</code>
              <CallDetails call={call} />
            </div>
          ))
        : null}
    </div>
  );
}

/** Calls of tools by any graph, each with what came back. */
export const CallList = deferred<CallListProps>(async () => (await import("./call-list.tsx")).CallListView);

function idsOf(calls: readonly ReadCall[]): string {
  return calls.map(({ id }) => id).join(" ");
}
