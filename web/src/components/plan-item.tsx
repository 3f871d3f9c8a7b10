import type { Decision, Plan } from "countersign/agent";
import { useMemo } from "react";
import { draftInHand, hasHalfRun, isLeftBehind, planInHand } from "../conversation/plans.ts";
import { mergeSteps, toRecorded } from "../conversation/steps.ts";
import type { TimelineItem } from "../conversation/timeline.ts";
import type { Conversation } from "../hooks/use-conversation.ts";
import { DraftCard } from "./draft-card.tsx";
import { PlanCard } from "./plan-card.tsx";

interface PlanItemProps {
  item: Extract<TimelineItem, { type: "plan" }>;
  conversation: Conversation;
  isLastPlan: boolean;
}

/** A plan where it stands in the conversation: being written, in hand, locked, or set aside. */
export function PlanItem({ item, conversation, isLastPlan }: PlanItemProps) {
  const { items, isLoading } = conversation;
  const inHand = planInHand(conversation);
  if (item.record) {
    const { plan, decision, steps } = item.record;
    const recorded = steps && toRecorded(steps);
    return (
      <PlanCard plan={plan} decision={decision} steps={recorded} isRunning={false} onAnswer={noAnswer} />
    );
  }
  if (isLastPlan && inHand) return <PlanInHand plan={inHand} conversation={conversation} />;
  if (isLastPlan && isLoading && !isLeftBehind(items)) return <DraftCard draft={draftInHand(conversation)} />;
  return (
    <p className="text-muted text-sm">
      A plan was set aside{item.title ? `: ${item.title}` : ""}.{" "}
      {hasHalfRun(conversation) ? "It may have run in part." : "Nothing of it was run."}
    </p>
  );
}

/** A locked plan takes none. */
async function noAnswer(): Promise<void> {}

function PlanInHand({ plan, conversation }: { plan: Plan; conversation: Conversation }) {
  const { review, decisions, steps, liveSteps, doubts, questions, isLoading } = conversation;
  const merged = useMemo(() => {
    const inDoubt = doubts.map(({ key }) => key);
    return mergeSteps(plan, { inState: steps, live: liveSteps, inDoubt, isRunning: isLoading });
  }, [plan, steps, liveSteps, doubts, isLoading]);
  const open = review?.review.plan.digest === plan.digest ? review : null;
  const decision = decided(decisions, plan.digest);
  const isApproved = decision?.type === "approve" || decision?.type === "edit";
  const isAsking = isApproved && questions.length > 0;
  const isHalfDone = isApproved && Object.values(steps).some(({ status }) => status === "waiting");
  return (
    <PlanCard
      plan={plan}
      review={open ?? undefined}
      decision={decision}
      steps={merged}
      toolOutput={conversation.toolOutput}
      isRunning={isLoading}
      isAsking={isAsking}
      onAnswer={(id, given) => conversation.answer({ [id]: given })}
      onContinue={isHalfDone && !isLoading && !isAsking ? conversation.retry : undefined}
    />
  );
}

function decided(decisions: readonly Decision[], digest: string): Decision | undefined {
  return decisions.findLast((decision) => decision.digest === digest);
}
