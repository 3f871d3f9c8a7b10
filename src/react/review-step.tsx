import type { PlanStep } from "countersign/agent";
import { Lock, LockOpen, MessageSquarePlus, MessageSquareText } from "lucide-react";
import { useEffect, useRef } from "react";
import { Arguments } from "./arguments.tsx";
import { deferred } from "./deferred.tsx";
import { Chip } from "./plan-changes.tsx";
import type { DiffRow } from "./plan-diff.ts";
import { RiskBadge } from "./risk-badge.tsx";
import { cannotBeTakenBack } from "./risks.ts";
import { StepComment } from "./step-comment.tsx";
import type { StepDiffProps } from "./step-diff.tsx";
import { ToolName } from "./tool-name.tsx";
import type { StepNotes } from "./use-plan-notes.ts";
import type { Tools } from "./use-tools.ts";
import { words } from "./words.ts";

const StepDiff = deferred<StepDiffProps>(
  async () => (await import("./step-diff.tsx")).StepDiff,
  ({ after }) => <Arguments args={after.args} late={after.late} />,
);

interface ReviewStepProps {
  row: Extract<DiffRow, { type: "step" }>;
  /** Null: changes are not shown. */
  numberOf: ((id: string) => string) | null;
  /** Ids of the steps it waits for, by number; null where it waits for the one above it. */
  waitsFor: readonly number[] | null;
  tools: Tools | null;
  description: string | undefined;
  isDone: boolean;
  /** Absent where changes cannot be requested. */
  notes?: StepNotes | undefined;
}

/** One step of a plan that is asked about: what it would do, what has changed in it, what is said about it. */
export function ReviewStep(props: ReviewStepProps) {
  const { row, numberOf, waitsFor, tools, description, isDone, notes } = props;
  const { step, number, isAdded, before, moved } = row;
  const isShown = numberOf !== null;
  return (
    <li
      className="group/step flex gap-3 py-3"
      data-step={step.id}
      data-status="planned"
      data-change={isShown ? changeOf(row) : undefined}
    >
      <span className={`${circle} ${isShown && isAdded ? "bg-ok-soft text-ok" : "bg-sunken text-muted"}`}>
        {number}
      </span>
      <div className="min-w-0 flex-1">
        <div className="flex items-start gap-2">
          <div className="flex min-w-0 flex-1 flex-wrap items-center gap-x-2 gap-y-1">
            <span dir="auto" className="min-w-0 break-words font-medium">
              {step.title}
            </span>
            <ToolName name={step.tool} tool={tools?.get(step.tool)} description={description} />
            <RiskBadge risk={step.risk} />
            {cannotBeTakenBack(step.risk) ? (
              <span className="text-bad text-xs">{words.step.noUndo}</span>
            ) : null}
            {isShown && isAdded ? <Chip look="added">{words.changes.isAdded}</Chip> : null}
            {isShown && before !== null ? <Chip look="changed">{words.changes.isChanged}</Chip> : null}
            {isShown && moved !== null ? <Chip look="moved">{words.changes.isMoved(moved.from)}</Chip> : null}
            {isDone ? (
              <Chip look="plain" title={words.step.isDoneHint}>
                {words.step.isDone}
              </Chip>
            ) : null}
          </div>
          {notes ? <StepButtons number={number} notes={notes} isDone={isDone} /> : null}
        </div>
        {step.why ? (
          <p dir="auto" className="mt-0.5 text-muted text-sm">
            {step.why}
          </p>
        ) : null}
        {waitsFor === null || waitsFor.length === 0 ? null : (
          <p className="mt-0.5 text-muted text-xs">{words.step.after(waitsFor)}</p>
        )}
        {numberOf !== null && before !== null ? (
          <StepDiff before={before} after={step} numberOf={numberOf} />
        ) : (
          <Arguments args={step.args} late={step.late} />
        )}
        {notes?.isKept ? (
          <p className="mt-1.5 flex items-center gap-1.5 text-accent text-xs" title={words.step.keptHint}>
            <Lock className="size-3.5" aria-hidden />
            {words.step.kept}
          </p>
        ) : null}
        {notes ? <StepComment number={number} notes={notes} /> : null}
      </div>
    </li>
  );
}

const circle = "mt-0.5 flex size-6 shrink-0 items-center justify-center rounded-full font-semibold text-xs";

function changeOf({ isAdded, before, moved }: ReviewStepProps["row"]): string | undefined {
  if (isAdded) return "added";
  if (before !== null) return "changed";
  return moved === null ? undefined : "moved";
}

function StepButtons({ number, notes, isDone }: { number: number; notes: StepNotes; isDone: boolean }) {
  const { comment, isCommenting, isKept, onCommenting, onKeep } = notes;
  const button = useRef<HTMLButtonElement>(null);
  const wasCommenting = useRef(isCommenting);
  // Coming back from the box, the focus is where it came from.
  useEffect(() => {
    if (wasCommenting.current && !isCommenting) button.current?.focus({ preventScroll: true });
    wasCommenting.current = isCommenting;
  }, [isCommenting]);
  const hasComment = (comment ?? "") !== "";
  const look =
    "flex size-7 items-center justify-center rounded-lg hover:bg-sunken hover:text-ink aria-pressed:text-accent aria-expanded:text-accent";
  const label = hasComment ? words.step.editComment(number) : words.step.comment(number);
  return (
    <div className="-mt-0.5 flex shrink-0 text-muted">
      <button
        ref={button}
        type="button"
        className={`${look} ${hasComment ? "text-accent" : ""}`}
        aria-label={label}
        title={label}
        aria-expanded={isCommenting}
        onClick={() => onCommenting(!isCommenting)}
      >
        {hasComment ? (
          <MessageSquareText className="size-4" aria-hidden />
        ) : (
          <MessageSquarePlus className="size-4" aria-hidden />
        )}
      </button>
      {isDone ? null : (
        <button
          type="button"
          className={look}
          aria-label={words.step.keep(number)}
          title={words.step.keep(number)}
          aria-pressed={isKept}
          onClick={onKeep}
        >
          {isKept ? <Lock className="size-4" aria-hidden /> : <LockOpen className="size-4" aria-hidden />}
        </button>
      )}
    </div>
  );
}

/** What a plan's steps wait for, by number; null for each that waits for the one above it. */
export function waitingNumbers(steps: readonly PlanStep[]): Map<string, readonly number[] | null> {
  const numbers = new Map(steps.map(({ id }, index) => [id, index + 1]));
  return new Map(
    steps.map(({ id, after = [] }, index) => {
      const above = steps[index - 1]?.id;
      const isInLine = above === undefined ? after.length === 0 : after.length === 1 && after[0] === above;
      return [id, isInLine ? null : after.flatMap((one) => numbers.get(one) ?? []).sort((a, b) => a - b)];
    }),
  );
}
