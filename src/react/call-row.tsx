import { Check, ChevronRight, CircleDashed, LoaderCircle, X } from "lucide-react";
import { useState } from "react";
import { CallDetails } from "./call-details.tsx";
import { MediaList } from "./media-list.tsx";
import { TextTail } from "./text-tail.tsx";
import type { ReadCall } from "./timeline.ts";
import { words } from "./words.ts";

interface CallRowProps {
  call: ReadCall;
  /** What it has put out so far. */
  liveOutput?: string | undefined;
  /** Something runs: a call without a result is under way. */
  isRunning: boolean;
}

/** One call of a tool: what it was handed, and what came back. */
export function CallRow({ call, liveOutput, isRunning }: CallRowProps) {
  const [isOpen, setOpen] = useState(false);
  const { args, result, media } = call;
  const tool = call.tool || words.calls.unknown;
  return (
    <li className="min-w-0 text-sm" data-call={call.id}>
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="flex max-w-full items-center gap-2 rounded px-3 py-2 text-start text-muted hover:text-ink"
      >
        <CallMark call={call} tool={tool} isRunning={isRunning} />
        <code className="max-w-[60%] shrink-0 truncate font-mono text-ink text-xs">{tool}</code>
        <span className="min-w-0 truncate font-mono text-xs">{brief(args)}</span>
        <ChevronRight
          className={`size-3.5 shrink-0 transition-transform rtl:-scale-x-100 ${isOpen ? "rotate-90" : ""}`}
          aria-hidden
        />
      </button>
      {isOpen ? (
        <div className="px-3 pb-3">
          <CallDetails call={call} liveOutput={liveOutput} />
        </div>
      ) : result === null && liveOutput ? (
        <div className="px-3 pb-3">
          <TextTail text={liveOutput} label={words.calls.soFar} />
        </div>
      ) : null}
      {!isOpen && media ? (
        <div className="px-3 pb-3">
          <MediaList media={media} />
        </div>
      ) : null}
    </li>
  );
}

function CallMark({ call, tool, isRunning }: { call: ReadCall; tool: string; isRunning: boolean }) {
  const look = "size-4 shrink-0";
  if (call.result === null && isRunning) {
    return (
      <LoaderCircle
        className={`${look} animate-spin text-accent`}
        role="img"
        aria-label={words.calls.running(tool)}
      />
    );
  }
  if (call.result === null) {
    return <CircleDashed className={look} role="img" aria-label={words.calls.open(tool)} />;
  }
  return call.isError ? (
    <X className={`${look} text-bad`} role="img" aria-label={words.calls.failed(tool)} />
  ) : (
    <Check className={`${look} text-ok`} role="img" aria-label={words.calls.done(tool)} />
  );
}

function brief(args: Record<string, unknown>): string {
  const shown = Object.entries(args).map(
    ([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return shown.join(", ").replace(/\s+/g, " ").slice(0, 160);
}
