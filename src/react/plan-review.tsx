import type { AnyStream } from "@langchain/react";
import { useMemo } from "react";
import { Area } from "./area.tsx";
import { PlanItem } from "./plan-item.tsx";
import { PlanReviewCard } from "./plan-review-card.tsx";
import { ActiveQuestion, ThreadOfQuestions } from "./question-context.ts";
import { Refusal } from "./refusal.tsx";
import { useAnnouncements } from "./use-announcements.ts";
import { useAnswer } from "./use-answer.ts";
import { usePlan } from "./use-plan.ts";
import { useQuestions } from "./use-questions.ts";

export interface PlanReviewProps {
  /** What `useStream` of `@langchain/react` returned. */
  stream: AnyStream;
}

/**
 * The newest plan of a thread: while it is written, while it waits for a decision, while it runs, and as it
 * ended. Nothing where the thread has no plan.
 */
export function PlanReview(props: PlanReviewProps) {
  return (
    <Area>
      <Review {...props} />
    </Area>
  );
}

function Review({ stream }: PlanReviewProps) {
  const channels = usePlan(stream);
  const open = useQuestions(stream);
  const { answer, refusal, approval, undo } = useAnswer(stream);
  const item = channels.items.findLast((one) => one.type === "plan");
  const { review, questions } = open;
  const { threadId, isLoading } = stream;
  useAnnouncements({ threadId, isLoading, review, questions, refusal });
  const view = useMemo(
    () => ({
      ...channels,
      ...open,
      isLoading: stream.isLoading,
      answer,
      approval,
      undo,
      retry: () => stream.submit(null),
    }),
    [channels, open, stream.isLoading, stream.submit, answer, approval, undo],
  );
  if (item === undefined && review === null) return null;
  return (
    <ThreadOfQuestions value={stream.threadId}>
      <ActiveQuestion value={review?.interruptId ?? null}>
        <div className="flex flex-col gap-4">
          {item === undefined && review !== null ? (
            <PlanReviewCard
              question={review}
              isLookingUp={false}
              hasOthers={open.questions.length > 0}
              onAnswer={(given) => answer({ [review.interruptId]: given })}
            />
          ) : item === undefined ? null : (
            <PlanItem item={item} view={view} isLastPlan />
          )}
          <Refusal text={refusal} />
        </div>
      </ActiveQuestion>
    </ThreadOfQuestions>
  );
}
