import { CircleHelp } from "lucide-react";
import type { Doubt, DoubtAnswer } from "../conversation/doubts.ts";
import { Arguments } from "./arguments.tsx";
import { DoubtActions } from "./doubt-actions.tsx";
import { RiskBadge } from "./risk-badge.tsx";

interface DoubtCardProps {
  doubt: Doubt;
  /** Other doubts are open as well: they end when the person stops. */
  hasOthers: boolean;
  onAnswer: (answer: DoubtAnswer) => Promise<void>;
}

/** Something was started and may have happened, or not: what is known of it, and how to go on. */
export function DoubtCard({ doubt, hasOthers, onAnswer }: DoubtCardProps) {
  const { interruptId, title, tool, risk, key, args, startedAt, message, allowed } = doubt;
  const name = title ?? tool;
  const details = name === null && key !== "" ? { key, ...args } : args;
  const isAnythingKnown = tool !== null || startedAt !== null || Object.keys(details).length > 0;
  return (
    <section
      aria-label="What may have happened"
      data-testid="doubt-card"
      data-waiting
      className="scroll-mt-4 rounded-xl border border-accent bg-panel p-4 shadow-xs sm:p-5"
    >
      <header className="mb-1.5 flex flex-wrap items-start gap-x-2.5 gap-y-1">
        <div className="flex min-w-0 flex-[1_1_14rem] items-start gap-2.5">
          <CircleHelp className="mt-0.5 size-5 shrink-0 text-warn" aria-hidden />
          <h2 className="min-w-0 break-words font-semibold text-base leading-snug">
            {name === null ? "Did this happen?" : `Did “${name}” happen?`}
          </h2>
        </div>
        <span className="shrink-0 whitespace-nowrap rounded-full bg-warn-soft px-2.5 py-0.5 font-medium text-warn text-xs">
          waits for you
        </span>
      </header>
      <p className="mb-3 text-muted">{message}</p>
      {isAnythingKnown ? (
        <div className="border-line border-t py-3">
          <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
            {tool ? (
              <code className="rounded bg-sunken px-1.5 py-0.5 font-mono text-muted text-xs">{tool}</code>
            ) : null}
            {risk ? <RiskBadge risk={risk} /> : null}
            {startedAt ? (
              <span className="text-muted text-sm">
                Started <time dateTime={startedAt}>{new Date(startedAt).toLocaleString()}</time>
              </span>
            ) : null}
          </div>
          <Arguments args={details} />
        </div>
      ) : null}
      <DoubtActions interruptId={interruptId} allowed={allowed} hasOthers={hasOthers} onAnswer={onAnswer} />
    </section>
  );
}
