import type { Decision, Plan, PlanRecord } from "countersign/agent";
import { useEffect, useMemo, useRef } from "react";
import { DraftCard } from "./draft-card.tsx";
import { PlanCard } from "./plan-card.tsx";
import { previousPlan } from "./plan-diff.ts";
import { draftInHand, hasHalfRun, isLeftBehind, planInHand } from "./plans.ts";
import { mergeSteps, toRecorded } from "./steps.ts";
import type { ReadCall, TimelineItem } from "./timeline.ts";
import { type Approval, asEdited, type EditedPlan, hasNotBegun } from "./use-approval.ts";
import { dropDrafts, useDraft } from "./use-draft.ts";
import type { PlanChannels } from "./use-plan.ts";
import type { OpenQuestions } from "./use-questions.ts";
import { useTools } from "./use-tools.ts";
import { words } from "./words.ts";

/** Everything a plan's card shows of a thread, and what it may do. */
export interface PlanView extends PlanChannels, OpenQuestions {
  isLoading: boolean;
  /** Answers these questions at once, by interrupt id: all are taken, or none. */
  answer(answers: Readonly<Record<string, unknown>>): Promise<void>;
  /** Goes on with what was stopped. */
  retry(): Promise<void>;
  /** The approval that was given here last, and how it is taken back. Absent where that is not possible. */
  approval?: Approval | null;
  undo?: (() => Promise<void>) | undefined;
}

interface PlanItemProps {
  item: Extract<TimelineItem, { type: "plan" }>;
  view: PlanView;
  isLastPlan: boolean;
}

/** A plan where it stands in the conversation: being written, in hand, locked, or set aside. */
export function PlanItem({ item, view, isLastPlan }: PlanItemProps) {
  const { items, isLoading } = view;
  const inHand = planInHand(view);
  const readings = useMemo(() => readingsIn(items), [items]);
  const shown = item.record?.plan ?? (isLastPlan ? inHand : null);
  const open = shown !== null && isLastPlan ? openReview(view, shown) : null;
  const decision =
    item.record?.decision ?? (shown === null ? undefined : decided(view.decisions, shown.digest));
  useDraftsOfOpen(open?.review.plan.digest, decision);
  if (shown !== null) {
    return (
      <ShownPlan plan={shown} record={item.record} decision={decision} view={view} readings={readings} />
    );
  }
  if (isLastPlan && isLoading && !isLeftBehind(items)) return <DraftCard draft={draftInHand(view)} />;
  return (
    <p className="text-muted text-sm">
      {words.plan.setAside(item.title)} {hasHalfRun(view) ? words.plan.ranInPart : words.plan.ranNothing}
    </p>
  );
}

/** A locked plan takes none. */
async function noAnswer(): Promise<void> {}

interface ShownPlanProps {
  plan: Plan;
  /** Of a plan that is locked. */
  record: PlanRecord | null;
  decision: Decision | undefined;
  view: PlanView;
  readings: ReadonlyMap<string, ReadCall>;
}

/** A plan in hand, or locked: when it is locked its card stays, with what was unfolded on it and the focus. */
function ShownPlan({ plan, record, decision, view, readings }: ShownPlanProps) {
  const { steps, liveSteps, doubts, questions, isLoading, items, approval } = view;
  const merged = useMemo(() => {
    if (record !== null) return toRecorded(record.steps ?? {});
    const inDoubt = doubts.map(({ key }) => key);
    return mergeSteps(plan, { inState: steps, live: liveSteps, inDoubt, isRunning: isLoading });
  }, [plan, record, steps, liveSteps, doubts, isLoading]);
  const open = openReview(view, plan);
  const isApproved = decision?.type === "approve" || decision?.type === "edit";
  const isAsking = isApproved && questions.length > 0;
  const since = open?.review.changes?.since;
  const previous = useMemo(
    () =>
      previousPlan(
        plan,
        since,
        items.flatMap((one) => (one.type === "plan" && one.record ? one.record.plan : [])),
      ),
    [plan, since, items],
  );
  // A page that has just come hears nothing of a run that is held.
  const mayBegin = isLoading || (decision === undefined && approval?.startsAt != null);
  const isOpenToUndo =
    approval?.planId === plan.id && open === null && mayBegin && hasNotBegun(approval, merged);
  const [edited, setEdited] = useDraft<EditedPlan>(`edited.${plan.digest}`);
  const tools = useTools(isOpenToUndo && edited !== undefined);
  const isHalfDone = isApproved && Object.values(steps).some(({ status }) => status === "waiting");
  if (record !== null) {
    return (
      <PlanCard
        plan={plan}
        decision={decision}
        readings={readings}
        steps={merged}
        isRunning={false}
        onAnswer={noAnswer}
      />
    );
  }
  return (
    <PlanCard
      plan={isOpenToUndo && edited ? asEdited(plan, edited, (tool) => tools?.get(tool)?.risk) : plan}
      review={open ?? undefined}
      decision={decision}
      previous={previous}
      readings={readings}
      steps={merged}
      toolOutput={view.toolOutput}
      isRunning={isLoading}
      isAsking={isAsking}
      onAnswer={async (id, given) => {
        await view.answer({ [id]: given });
        setEdited(given.type === "edit" ? given.plan : undefined);
      }}
      onContinue={isHalfDone && !isLoading && !isAsking ? view.retry : undefined}
      approval={isOpenToUndo ? approval : undefined}
      onUndo={view.undo}
    />
  );
}

/** What was begun for a plan is dropped once it is decided, by whomever. */
function useDraftsOfOpen(digest: string | undefined, decision: Decision | undefined): void {
  const last = useRef(digest);
  if (digest !== undefined) last.current = digest;
  const isDecided = digest === undefined && decision !== undefined;
  useEffect(() => {
    if (isDecided && last.current !== undefined) dropDrafts(last.current);
  }, [isDecided]);
}

function openReview({ review }: PlanView, { digest }: Plan): PlanView["review"] {
  return review?.review.plan.digest === digest ? review : null;
}

/** What was read, by the id of the call. */
function readingsIn(items: readonly TimelineItem[]): ReadonlyMap<string, ReadCall> {
  const calls = items.flatMap((one) => (one.type === "reading" ? one.calls : []));
  return new Map(calls.map((call) => [call.id, call]));
}

function decided(decisions: readonly Decision[], digest: string): Decision | undefined {
  return decisions.findLast((decision) => decision.digest === digest);
}
