import type { Plan } from "countersign/agent";
import { ChevronRight, CornerLeftUp } from "lucide-react";
import { useState } from "react";
import { ScrollBox } from "./scroll-box.tsx";
import type { ReadCall } from "./timeline.ts";
import { words } from "./words.ts";

interface EvidenceListProps {
  evidence: NonNullable<Plan["evidence"]>;
  /** What the calls returned, by call id, as far as the conversation has it. */
  readings: ReadonlyMap<string, ReadCall> | undefined;
}

/** What was read before the plan was written: each with what it returned, and the way to its place above. */
export function EvidenceList({ evidence, readings }: EvidenceListProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="mt-2 text-muted text-sm">
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="flex items-center gap-1 rounded hover:text-ink"
      >
        <ChevronRight
          className={`size-3.5 shrink-0 transition-transform rtl:-scale-x-100 ${isOpen ? "rotate-90" : ""}`}
          aria-hidden
        />
        {words.evidence.title(evidence.length)}
      </button>
      {isOpen ? (
        <ul className="mt-1 grid gap-1 ps-4.5">
          {evidence.map((one) => (
            <Reading
              key={one.callId}
              callId={one.callId}
              call={`${one.tool}(${argumentsInLine(one.args)})`}
              tool={one.tool}
              result={readings?.get(one.callId)?.result ?? null}
            />
          ))}
        </ul>
      ) : null}
    </div>
  );
}

interface ReadingProps {
  callId: string;
  call: string;
  tool: string;
  result: string | null;
}

function Reading({ callId, call, tool, result }: ReadingProps) {
  const [isOpen, setOpen] = useState(false);
  const code = <code className="break-all text-start font-mono text-xs">{call}</code>;
  return (
    <li>
      <div className="flex items-start gap-1.5">
        {result === null ? (
          code
        ) : (
          <button
            type="button"
            aria-expanded={isOpen}
            aria-label={words.evidence.show(call)}
            onClick={() => setOpen(!isOpen)}
            className="rounded text-start hover:text-ink"
          >
            {code}
          </button>
        )}
        <button
          type="button"
          aria-label={words.evidence.go(call)}
          title={words.evidence.go(call)}
          onClick={() => goToReading(callId)}
          className="shrink-0 rounded p-0.5 hover:text-ink"
        >
          <CornerLeftUp className="size-3.5" aria-hidden />
        </button>
      </div>
      {isOpen && result !== null ? <ScrollBox label={words.evidence.result(tool)} text={result} /> : null}
    </li>
  );
}

/** Opens the row of the conversation that holds the call, and shows it there. */
function goToReading(callId: string): void {
  const rows = document.querySelectorAll<HTMLElement>("[data-reads]");
  const row = [...rows].find(({ dataset }) => dataset.reads?.split(" ").includes(callId));
  const button = row?.querySelector<HTMLElement>("button[aria-expanded]");
  if (button?.getAttribute("aria-expanded") === "false") button.click();
  row?.scrollIntoView({ block: "center" });
  button?.focus({ preventScroll: true });
}

function argumentsInLine(args: Record<string, unknown>): string {
  const values = Object.values(args);
  return values.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join(", ");
}
