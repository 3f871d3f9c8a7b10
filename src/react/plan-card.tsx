import type { Decision, Plan, PlanAnswer, PlanReview } from "countersign/agent";
import { Button } from "./button.tsx";
import { DecisionLine } from "./decision-line.tsx";
import { EvidenceList } from "./evidence-list.tsx";
import { inNumbers } from "./in-numbers.ts";
import { OpenPlan } from "./open-plan.tsx";
import { PlanBadge, PlanFrame } from "./plan-frame.tsx";
import { PlanGlance } from "./plan-glance.tsx";
import { QuestionTerms } from "./question-terms.tsx";
import type { QuestionDetails } from "./questions.ts";
import { StepRow } from "./step-row.tsx";
import type { ShownStep } from "./steps.ts";
import type { ReadCall } from "./timeline.ts";
import { UndoBar } from "./undo-bar.tsx";
import type { Approval } from "./use-approval.ts";
import { useViewers } from "./use-viewers.ts";
import { ViewerFaces } from "./viewer-faces.tsx";
import { words } from "./words.ts";

export interface PlanCardProps {
  plan: Plan;
  /** Set while the plan waits for a decision. */
  review?: { interruptId: string; review: PlanReview; details: QuestionDetails | null } | undefined;
  decision?: Decision | undefined;
  /** The revision before: it shows what was removed, and where moved steps stood. */
  previous?: Plan | undefined;
  /** What the agent read, by call id. */
  readings?: ReadonlyMap<string, ReadCall> | undefined;
  steps?: Record<string, ShownStep> | undefined;
  toolOutput?: ReadonlyMap<string, string> | undefined;
  isRunning: boolean;
  /** A question about what it does is open. */
  isAsking?: boolean;
  onAnswer: (interruptId: string, answer: PlanAnswer) => Promise<void>;
  /** Goes on with an approved plan that was stopped half-way. */
  onContinue?: (() => Promise<void>) | undefined;
  /** The approval of this plan, as long as it can be taken back. */
  approval?: Approval | undefined;
  onUndo?: (() => Promise<void>) | undefined;
}

/** A plan: to be decided on, running, or locked with what was decided and how it went. */
export function PlanCard(props: PlanCardProps) {
  const { plan, review, decision, steps, isRunning, isAsking = false, onContinue, approval } = props;
  const viewers = useViewers(review !== undefined);
  return (
    <PlanFrame
      title={plan.title}
      label={review ? words.plan.toReview : words.plan.label}
      badge={
        <PlanBadge
          isWaiting={review !== undefined || isAsking}
          decision={decision}
          isRunning={isRunning}
          isStopped={onContinue !== undefined}
          isStarting={approval !== undefined && decision === undefined}
          steps={steps}
        />
      }
      aside={<ViewerFaces viewers={viewers} />}
      revision={plan.revision}
      interruptId={review?.interruptId}
    >
      {review ? <QuestionTerms details={review.details} /> : null}
      {plan.summary ? (
        <p className="text-muted" dir="auto">
          {plan.summary}
        </p>
      ) : null}
      <PlanGlance steps={plan.steps} />
      {plan.assumptions.length > 0 ? (
        <ul className="mt-2 list-disc ps-5 text-muted text-sm" aria-label={words.plan.assumptions}>
          {plan.assumptions.map((assumption) => (
            <li key={assumption} dir="auto">
              {assumption}
            </li>
          ))}
        </ul>
      ) : null}
      {plan.evidence && plan.evidence.length > 0 ? (
        <EvidenceList evidence={plan.evidence} readings={props.readings} />
      ) : null}
      {review ? (
        <OpenPlan
          key={review.interruptId}
          plan={plan}
          interruptId={review.interruptId}
          review={review.review}
          previous={props.previous}
          onAnswer={(answer) => props.onAnswer(review.interruptId, answer)}
        />
      ) : (
        <DecidedPlan {...props} />
      )}
    </PlanFrame>
  );
}

/** The steps as they go, or went, and what was decided. */
function DecidedPlan(props: PlanCardProps) {
  const { plan, decision, steps, toolOutput, onContinue, approval, onUndo } = props;
  const hasRun = decision !== undefined && decision.type !== "reject";
  return (
    <>
      <ol className="mt-2 divide-y divide-line border-line border-t" aria-label={words.plan.steps}>
        {plan.steps.map((step, index) => (
          <StepRow
            key={step.id}
            step={inNumbers(step, plan)}
            number={index + 1}
            digest={plan.digest}
            state={hasRun ? steps?.[step.id] : undefined}
            liveOutput={toolOutput?.get(`${plan.id}:${step.id}`)}
          />
        ))}
      </ol>
      {decision ? <DecisionLine decision={decision} plan={plan} /> : null}
      {approval && onUndo ? <UndoBar approval={approval} onUndo={onUndo} /> : null}
      {onContinue ? (
        <Button className="mt-3" onClick={() => void onContinue()}>
          {words.plan.goOn}
        </Button>
      ) : null}
    </>
  );
}
