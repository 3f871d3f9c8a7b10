import type { AnyStream } from "@langchain/react";
import { Area } from "./area.tsx";
import { QuestionCard } from "./cards.tsx";
import { ActiveQuestion, ThreadOfQuestions } from "./question-context.ts";
import { QuestionQueue } from "./question-queue.tsx";
import { type QuestionDetails, toQuestion } from "./questions.ts";
import { Refusal } from "./refusal.tsx";
import { useActiveQuestion } from "./use-active-question.ts";
import { useAnnouncements } from "./use-announcements.ts";
import { useAnswer } from "./use-answer.ts";
import { useQuestions } from "./use-questions.ts";

export interface InterruptCardProps {
  /** An open interrupt, as `stream.interrupts` has it. */
  interrupt: { id?: string | undefined; value?: unknown };
  /** What the stream does not say of it: `useQuestionDetails`. Without it there is no form from a schema. */
  details?: QuestionDetails | null;
  /** Sends the answer. Rejects with what went wrong, in words. */
  onAnswer: (answer: unknown) => Promise<void>;
}

/**
 * The card of one open interrupt of any graph, recognised by its shape; what no card knows is shown plainly, and can
 * be answered as text or JSON. Needs no stream, but `Countersign` around it.
 */
export function InterruptCard({ interrupt, details = null, onAnswer }: InterruptCardProps) {
  const { id: interruptId = "", value } = interrupt;
  const question = toQuestion({ interruptId, value }, details);
  return (
    <Area>
      <ActiveQuestion value={interruptId}>
        <QuestionCard question={question} isLookingUp={false} hasOthers={false} onAnswer={onAnswer} />
      </ActiveQuestion>
    </Area>
  );
}

export interface InterruptQueueProps {
  /** What `useStream` of `@langchain/react` returned. */
  stream: AnyStream;
  /** Leaves the plan out that a `PlanReview` beside it shows. */
  without?: "plan" | undefined;
}

/**
 * All open interrupts of a thread, answered one by one or together. Nothing while none is open. Beside a
 * `PlanReview`, leave the plan to it: `without="plan"`.
 */
export function InterruptQueue(props: InterruptQueueProps) {
  return (
    <Area>
      <Queue {...props} />
    </Area>
  );
}

function Queue({ stream, without }: InterruptQueueProps) {
  const open = useQuestions(stream);
  const { review, questions, lookingUp } = open;
  const { answer, refusal } = useAnswer(stream);
  const shown = without === "plan" ? { review: null, questions } : open;
  const [active, activate] = useActiveQuestion(shown);
  const { threadId, isLoading } = stream;
  useAnnouncements({ threadId, isLoading, review, questions, refusal });
  return (
    <ThreadOfQuestions value={stream.threadId}>
      <ActiveQuestion value={active}>
        <div className="flex flex-col gap-4">
          <QuestionQueue
            threadId={stream.threadId}
            questions={review === null || without === "plan" ? questions : [review, ...questions]}
            lookingUp={lookingUp}
            onActivate={activate}
            onAnswer={answer}
          />
          <Refusal text={refusal} />
        </div>
      </ActiveQuestion>
    </ThreadOfQuestions>
  );
}
