import type { PlanAnswer } from "countersign/agent";
import { PlanCard } from "../components/plan-card.tsx";
import type { CardProps } from "./card.ts";

/** A plan to review that has no place of its own in the conversation. */
export function PlanReviewCard({ question, onAnswer }: CardProps<"plan">) {
  const { interruptId, review, details } = question;
  return (
    <PlanCard
      plan={review.plan}
      review={{ interruptId, review, details }}
      isRunning={false}
      onAnswer={(_id, answer: PlanAnswer) => onAnswer(answer)}
    />
  );
}
