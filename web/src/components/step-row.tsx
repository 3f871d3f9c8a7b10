import type { PlanStep } from "countersign/agent";
import { Check, ChevronRight, CircleDashed, CircleHelp, LoaderCircle, Minus, X } from "lucide-react";
import { useState } from "react";
import { formatDuration, type ShownStep } from "../conversation/steps.ts";
import { useNow } from "../hooks/use-now.ts";
import { Arguments } from "./arguments.tsx";
import { RiskBadge } from "./risk-badge.tsx";
import { ScrollBox } from "./scroll-box.tsx";

interface StepRowProps {
  step: PlanStep;
  number: number;
  /** Undefined before anything runs. */
  state?: ShownStep | undefined;
  /** What the tool has put out so far. */
  liveOutput?: string | undefined;
  change?: "added" | "changed" | undefined;
}

/** What went wrong is red, what is open stands out, what was chosen does not. */
const errorLooks: Record<ShownStep["status"], string> = {
  waiting: "text-muted",
  asking: "text-warn",
  running: "text-muted",
  done: "text-muted",
  failed: "text-bad",
  skipped: "text-muted",
  in_doubt: "text-warn",
};

/** One step of a plan: what it will do, and, once it runs, how it goes. */
export function StepRow({ step, number, state, liveOutput, change }: StepRowProps) {
  return (
    <li className="flex gap-3 py-3" data-step={step.id} data-status={state?.status ?? "planned"}>
      <StepMark number={number} status={state?.status} />
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="font-medium">{step.title}</span>
          <code className="rounded bg-sunken px-1.5 py-0.5 font-mono text-muted text-xs">{step.tool}</code>
          <RiskBadge risk={step.risk} />
          {change ? (
            <span className="rounded-full bg-warn-soft px-2 py-0.5 text-warn text-xs">{change}</span>
          ) : null}
          <Elapsed state={state} />
        </div>
        {step.why ? <p className="mt-0.5 text-muted text-sm">{step.why}</p> : null}
        <Arguments args={step.args} late={step.late} filled={state?.filled} />
        {state?.error ? (
          <p className={`mt-1.5 whitespace-pre-wrap break-words text-sm ${errorLooks[state.status]}`}>
            {state.error}
          </p>
        ) : null}
        <Output text={state?.output ?? liveOutput} length={state?.outputLength} />
      </div>
    </li>
  );
}

function StepMark({ number, status }: { number: number; status?: ShownStep["status"] | undefined }) {
  const look = "mt-0.5 flex size-6 shrink-0 items-center justify-center rounded-full text-xs font-semibold";
  if (status === "running") {
    return (
      <span
        className={`${look} bg-accent-soft text-accent`}
        role="img"
        aria-label={`Step ${number} is running`}
      >
        <LoaderCircle className="size-4 animate-spin" aria-hidden />
      </span>
    );
  }
  if (status === "done") {
    return (
      <span className={`${look} bg-ok-soft text-ok`} role="img" aria-label={`Step ${number} is done`}>
        <Check className="size-4" aria-hidden />
      </span>
    );
  }
  if (status === "failed") {
    return (
      <span className={`${look} bg-bad-soft text-bad`} role="img" aria-label={`Step ${number} failed`}>
        <X className="size-4" aria-hidden />
      </span>
    );
  }
  if (status === "skipped") {
    return (
      <span className={`${look} bg-sunken text-muted`} role="img" aria-label={`Step ${number} was skipped`}>
        <Minus className="size-4" aria-hidden />
      </span>
    );
  }
  if (status === "asking") {
    return (
      <span
        className={`${look} bg-warn-soft text-warn`}
        role="img"
        aria-label={`Step ${number} waits for your answer`}
      >
        <CircleHelp className="size-4" aria-hidden />
      </span>
    );
  }
  if (status === "in_doubt") {
    return (
      <span
        className={`${look} bg-warn-soft text-warn`}
        role="img"
        aria-label={`Step ${number} may have run`}
      >
        <CircleHelp className="size-4" aria-hidden />
      </span>
    );
  }
  if (status === "waiting") {
    return (
      <span className={`${look} text-muted`} role="img" aria-label={`Step ${number} waits`}>
        <CircleDashed className="size-4" aria-hidden />
      </span>
    );
  }
  return <span className={`${look} bg-sunken text-muted`}>{number}</span>;
}

function Elapsed({ state }: { state?: ShownStep | undefined }) {
  const isRunning = state?.status === "running";
  const now = useNow(isRunning);
  if (!state?.startedAt || state.status === "skipped") return null;
  const started = Date.parse(state.startedAt);
  const ended = state.finishedAt ? Date.parse(state.finishedAt) : now;
  if (!isRunning && !state.finishedAt) return null;
  return <span className="ml-auto text-muted text-xs tabular-nums">{formatDuration(ended - started)}</span>;
}

function Output({ text, length }: { text?: string | undefined; length?: number | undefined }) {
  const [isOpen, setOpen] = useState(false);
  if (!text) return null;
  const [first = ""] = text.split("\n", 1);
  const isShort = text.length <= 160 && !text.includes("\n");
  if (isShort) return <p className="mt-1.5 break-words font-mono text-muted text-xs">{text}</p>;
  return (
    <div className="mt-1.5">
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="flex max-w-full items-center gap-1 rounded text-left text-muted text-xs hover:text-ink"
      >
        <ChevronRight
          className={`size-3.5 shrink-0 transition-transform ${isOpen ? "rotate-90" : ""}`}
          aria-hidden
        />
        <span className="truncate font-mono">{isOpen ? "Output" : first.slice(0, 90) || "Output"}</span>
      </button>
      {isOpen ? (
        <ScrollBox
          label="Output of the step"
          text={
            length === undefined ? text : `${text}\n[cut: ${length.toLocaleString("en")} characters in all]`
          }
        />
      ) : null}
    </div>
  );
}
