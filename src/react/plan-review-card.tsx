import type { PlanAnswer } from "countersign/agent";
import type { CardProps } from "./card.ts";
import { PlanCard } from "./plan-card.tsx";
import { dropDrafts } from "./use-draft.ts";

/** A plan to review that has no place of its own in the conversation. */
export function PlanReviewCard({ question, onAnswer }: CardProps<"plan">) {
  const { interruptId, review, details } = question;
  return (
    <PlanCard
      plan={review.plan}
      review={{ interruptId, review, details }}
      isRunning={false}
      onAnswer={async (_id, answer: PlanAnswer) => {
        await onAnswer(answer);
        if (answer.type !== "ask") dropDrafts(review.plan.digest);
      }}
    />
  );
}
