import type { Changes, Decision, Plan, PlanAnswer, PlanReview, PlanStep } from "countersign/agent";
import { FileCheck2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { QuestionDetails } from "../conversation/questions.ts";
import type { ShownStep } from "../conversation/steps.ts";
import { deferred } from "../lib/deferred.tsx";
import { QuestionLink } from "../questions/question-link.tsx";
import { QuestionTerms } from "../questions/question-terms.tsx";
import { Button } from "./button.tsx";
import { DecisionLine } from "./decision-line.tsx";
import { PlanActions } from "./plan-actions.tsx";
import type { PlanEditorProps } from "./plan-editor.tsx";
import { StepRow } from "./step-row.tsx";

const PlanEditor = deferred<PlanEditorProps>(async () => (await import("./plan-editor.tsx")).PlanEditor);

export interface PlanCardProps {
  plan: Plan;
  /** Set while the plan waits for a decision. */
  review?: { interruptId: string; review: PlanReview; details: QuestionDetails | null } | undefined;
  decision?: Decision | undefined;
  steps?: Record<string, ShownStep> | undefined;
  toolOutput?: ReadonlyMap<string, string> | undefined;
  isRunning: boolean;
  /** A question about what it does is open. */
  isAsking?: boolean;
  onAnswer: (interruptId: string, answer: PlanAnswer) => Promise<void>;
  /** Goes on with an approved plan that was stopped half-way. */
  onContinue?: (() => Promise<void>) | undefined;
}

/** A plan: to be decided on, running, or locked with what was decided and how it went. */
export function PlanCard(props: PlanCardProps) {
  const { plan, review, decision, steps, toolOutput, isRunning, isAsking = false } = props;
  const { onAnswer, onContinue } = props;
  const [isEditing, setEditing] = useState(false);
  const changes = review?.review.changes;
  return (
    <PlanFrame
      title={plan.title}
      label={review ? "Plan to review" : "Plan"}
      badge={
        <PlanBadge
          isWaiting={review !== undefined || isAsking}
          decision={decision}
          isRunning={isRunning}
          isStopped={onContinue !== undefined}
          steps={steps}
        />
      }
      revision={plan.revision}
      interruptId={review?.interruptId}
    >
      {review ? <QuestionTerms details={review.details} /> : null}
      {plan.summary ? <p className="text-muted">{plan.summary}</p> : null}
      {changes ? <ChangeLine changes={changes} /> : null}
      {plan.assumptions.length > 0 ? (
        <ul className="mt-2 list-disc pl-5 text-muted text-sm" aria-label="Assumptions">
          {plan.assumptions.map((assumption) => (
            <li key={assumption}>{assumption}</li>
          ))}
        </ul>
      ) : null}
      {isEditing && review ? (
        <PlanEditor
          plan={plan}
          onCancel={() => setEditing(false)}
          onSave={async (edited) => {
            await onAnswer(review.interruptId, { type: "edit", digest: plan.digest, plan: edited });
            setEditing(false);
          }}
        />
      ) : (
        <ol className="mt-2 divide-y divide-line border-line border-t" aria-label="Steps">
          {plan.steps.map((step, index) => (
            <StepRow
              key={step.id}
              step={inNumbers(step, plan)}
              number={index + 1}
              state={decision && decision.type !== "reject" ? steps?.[step.id] : undefined}
              liveOutput={toolOutput?.get(`${plan.id}:${step.id}`)}
              change={changeOf(step.id, changes)}
            />
          ))}
        </ol>
      )}
      {review && !isEditing ? (
        <PlanActions
          review={review.review}
          interruptId={review.interruptId}
          onAnswer={onAnswer}
          onEdit={() => setEditing(true)}
        />
      ) : null}
      {decision ? <DecisionLine decision={decision} /> : null}
      {onContinue ? (
        <Button className="mt-3" onClick={() => void onContinue()}>
          Go on with this plan
        </Button>
      ) : null}
    </PlanFrame>
  );
}

interface PlanFrameProps {
  title: string;
  label: string;
  badge: ReactNode;
  revision: number;
  /** Set while it waits for a decision. */
  interruptId?: string | undefined;
  children: ReactNode;
}

export function PlanFrame({ title, label, badge, revision, interruptId, children }: PlanFrameProps) {
  const isWaiting = interruptId !== undefined;
  return (
    <section
      aria-label={label}
      data-testid="plan-card"
      data-revision={revision}
      data-waiting={isWaiting}
      data-interrupt={interruptId}
      tabIndex={-1}
      className={`scroll-mt-4 rounded-xl border bg-panel p-4 shadow-xs sm:p-5 ${isWaiting ? "border-accent" : "border-line"}`}
    >
      <header className="mb-1 flex flex-wrap items-start gap-x-2.5 gap-y-1">
        <div className="flex min-w-0 flex-[1_1_14rem] items-start gap-2.5">
          <FileCheck2 className="mt-0.5 size-5 shrink-0 text-accent" aria-hidden />
          <h2 className="min-w-0 break-words font-semibold text-base leading-snug">{title}</h2>
        </div>
        <div className="flex shrink-0 items-center gap-2.5">
          <span className="text-muted text-xs">revision {revision}</span>
          {badge}
          {interruptId === undefined ? null : <QuestionLink interruptId={interruptId} />}
        </div>
      </header>
      {children}
    </section>
  );
}

interface PlanBadgeProps {
  isWaiting: boolean;
  decision?: Decision | undefined;
  isRunning: boolean;
  isStopped: boolean;
  steps?: Record<string, ShownStep> | undefined;
}

function PlanBadge({ isWaiting, decision, isRunning, isStopped, steps }: PlanBadgeProps) {
  const look = "shrink-0 whitespace-nowrap rounded-full px-2.5 py-0.5 text-xs font-medium";
  if (isWaiting) return <span className={`${look} bg-warn-soft text-warn`}>waits for you</span>;
  if (decision === undefined) return <span className={`${look} bg-sunken text-muted`}>set aside</span>;
  if (decision.type === "reject") return <span className={`${look} bg-sunken text-muted`}>sent back</span>;
  if (decision.type === "cancel") return <span className={`${look} bg-sunken text-muted`}>stopped</span>;
  if (decision.type === "replan") return <span className={`${look} bg-sunken text-muted`}>planned anew</span>;
  const states = Object.values(steps ?? {});
  if (isRunning) return <span className={`${look} bg-accent-soft text-accent`}>running</span>;
  const isLeft = states.some(({ status }) => status === "waiting" || status === "in_doubt");
  if (isStopped || isLeft) return <span className={`${look} bg-sunken text-muted`}>stopped</span>;
  if (states.some(({ status }) => status === "failed")) {
    return <span className={`${look} bg-bad-soft text-bad`}>not all done</span>;
  }
  if (states.some(({ status }) => status === "skipped")) {
    return <span className={`${look} bg-warn-soft text-warn`}>not all done</span>;
  }
  const isDone = states.length > 0 && states.every(({ status }) => status === "done");
  if (isDone) return <span className={`${look} bg-ok-soft text-ok`}>done</span>;
  return <span className={`${look} bg-sunken text-muted`}>stopped</span>;
}

function ChangeLine({ changes }: { changes: Changes }) {
  const parts = [
    changes.added.length > 0 ? `${changes.added.length} added` : "",
    changes.removed.length > 0 ? `${changes.removed.length} removed` : "",
    changes.changed.length > 0 ? `${changes.changed.length} changed` : "",
    changes.reordered.length > 0 ? "order changed" : "",
  ].filter((part) => part !== "");
  return (
    <p className="mt-1.5 text-sm text-warn">
      Since revision {changes.since}: {parts.join(", ") || "no step changed"}
    </p>
  );
}

/** Rules name steps by id; the person sees them by number. */
function inNumbers(step: PlanStep, { steps }: Plan): PlanStep {
  if (step.late === undefined) return step;
  const numbers = new Map(steps.map(({ id }, index) => [id, index + 1]));
  const toNumber = (word: string) => (numbers.has(word) ? `step ${numbers.get(word)}` : word);
  const late = Object.entries(step.late).map(([name, rule]) => [name, rule.replace(/[\w-]+/g, toNumber)]);
  return { ...step, late: Object.fromEntries(late) };
}

function changeOf(stepId: string, changes: Changes | undefined): "added" | "changed" | undefined {
  if (changes?.added.includes(stepId)) return "added";
  return changes?.changed.includes(stepId) ? "changed" : undefined;
}
