import type { PlanStep } from "countersign/agent";
import { Arguments } from "./arguments.tsx";
import { MediaList } from "./media-list.tsx";
import { RiskBadge } from "./risk-badge.tsx";
import { StepLink } from "./step-link.tsx";
import { StepMark } from "./step-mark.tsx";
import { StepOutput } from "./step-output.tsx";
import { effectOfStep, formatDuration, mediaOfStep, type ShownStep } from "./steps.ts";
import { useNow } from "./use-now.ts";
import { words } from "./words.ts";

interface StepRowProps {
  step: PlanStep;
  number: number;
  /** Of the plan: by it the server knows what the step has put out. */
  digest?: string | undefined;
  /** Undefined before anything runs. */
  state?: ShownStep | undefined;
  /** What the tool has put out so far. */
  liveOutput?: string | undefined;
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
export function StepRow({ step, number, digest, state, liveOutput }: StepRowProps) {
  const media = state === undefined ? [] : mediaOfStep(state);
  return (
    <li
      className="group/step flex scroll-mt-4 gap-3 py-3"
      data-step={step.id}
      data-status={state?.status ?? "planned"}
      tabIndex={-1}
    >
      <StepMark number={number} status={state?.status} />
      <div className="min-w-0 flex-1">
        <div className="flex items-start gap-2">
          <div className="flex min-w-0 flex-1 flex-wrap items-center gap-x-2 gap-y-1">
            <span dir="auto" className="min-w-0 break-words font-medium">
              {step.title}
            </span>
            <code className="rounded bg-sunken px-1.5 py-0.5 font-mono text-muted text-xs">{step.tool}</code>
            <RiskBadge risk={step.risk} />
          </div>
          <span className="flex shrink-0 items-center gap-1">
            {state?.tries !== undefined && state.tries > 1 ? (
              <span className="text-muted text-xs">{words.stepRow.tries(state.tries)}</span>
            ) : null}
            <Elapsed state={state} />
            <StepLink stepId={step.id} />
          </span>
        </div>
        {step.why ? (
          <p dir="auto" className="mt-0.5 text-muted text-sm">
            {step.why}
          </p>
        ) : null}
        <Arguments args={step.args} late={step.late} filled={state?.filled} />
        {state?.error ? (
          <p
            dir="auto"
            className={`mt-1.5 whitespace-pre-wrap break-words text-sm ${errorLooks[state.status]}`}
          >
            {state.error}
          </p>
        ) : null}
        <StepOutput
          state={state}
          liveOutput={liveOutput}
          effect={digest === undefined ? undefined : effectOfStep(digest, step.id, state)}
        />
        <MediaList media={media} />
      </div>
    </li>
  );
}

function Elapsed({ state }: { state?: ShownStep | undefined }) {
  const isRunning = state?.status === "running";
  const now = useNow(isRunning);
  if (!state?.startedAt || state.status === "skipped") return null;
  const started = Date.parse(state.startedAt);
  const ended = state.finishedAt ? Date.parse(state.finishedAt) : now;
  if (!isRunning && !state.finishedAt) return null;
  const atTime = (at: string) => new Date(at).toLocaleTimeString();
  const times = words.stepRow.times(
    atTime(state.startedAt),
    state.finishedAt ? atTime(state.finishedAt) : null,
  );
  return (
    <span className="text-muted text-xs tabular-nums" title={times}>
      {formatDuration(ended - started)}
    </span>
  );
}
