import type { Asked, OpenInterrupt, QuestionDetails, QuestionKind } from "./questions.ts";

/** What every card of an open question gets. */
export interface CardProps<Kind extends QuestionKind = QuestionKind> {
  question: OpenInterrupt & { details: QuestionDetails | null } & Extract<Asked, { kind: Kind }>;
  /** True while it is not known whether the question has a schema. */
  isLookingUp: boolean;
  /** Other questions are open as well. */
  hasOthers: boolean;
  /** Sends the answer. Rejects with what went wrong in words; the question may then still be open. */
  onAnswer: (answer: unknown) => Promise<void>;
}
