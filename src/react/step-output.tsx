import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { OutputView } from "./output.tsx";
import type { ShownStep } from "./steps.ts";
import { TextTail } from "./text-tail.tsx";
import { useWholeOutput } from "./use-whole-output.ts";
import { words } from "./words.ts";

interface StepOutputProps {
  state: ShownStep | undefined;
  /** What the tool has put out so far. */
  liveOutput: string | undefined;
  /** Key of the effect that recorded the whole of it. */
  effect: string | undefined;
}

/** What a step has put out: its end while it runs, folded to a line once it is long and done. */
export function StepOutput({ state, liveOutput, effect }: StepOutputProps) {
  const output = state?.output;
  if (!output) {
    return liveOutput ? <TextTail text={liveOutput} label={words.output.live} /> : null;
  }
  if (state.outputLength === undefined && isShort(output)) {
    return (
      <p dir="auto" className="mt-1.5 break-words font-mono text-muted text-xs">
        {output}
      </p>
    );
  }
  return <Folded output={output} length={state.outputLength} effect={effect} />;
}

/** True for what is best read in a line. */
export function isShort(text: string): boolean {
  return text.length <= 160 && !text.includes("\n") && !/^\s*[[{]/.test(text);
}

interface FoldedProps {
  output: string;
  /** Of the whole, when `output` is its beginning. */
  length: number | undefined;
  effect: string | undefined;
}

function Folded({ output, length, effect }: FoldedProps) {
  const [isOpen, setOpen] = useState(false);
  const { whole, isFetching, problem, fetchWhole } = useWholeOutput(effect);
  const [first = ""] = output.split("\n", 1);
  const isCut = length !== undefined && whole === null;
  return (
    <div className="mt-1.5">
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="flex max-w-full items-center gap-1 rounded text-start text-muted text-xs hover:text-ink"
      >
        <ChevronRight
          className={`size-3.5 shrink-0 transition-transform rtl:-scale-x-100 ${isOpen ? "rotate-90" : ""}`}
          aria-hidden
        />
        <span className="truncate font-mono">
          {isOpen ? words.output.folded : first.slice(0, 90) || words.output.folded}
        </span>
      </button>
      {isOpen ? (
        <>
          <OutputView text={whole ?? output} label={words.output.label} />
          {isCut ? (
            <p className="mt-1 flex flex-wrap items-center gap-2 text-muted text-xs">
              {words.output.cut(length)}
              {fetchWhole && problem === null ? (
                <button
                  type="button"
                  disabled={isFetching}
                  className="rounded text-accent underline disabled:opacity-60"
                  onClick={fetchWhole}
                >
                  {isFetching ? words.output.fetching : words.output.whole(length)}
                </button>
              ) : null}
              {problem === null ? null : <span role="status">{problem}</span>}
            </p>
          ) : null}
        </>
      ) : null}
    </div>
  );
}
