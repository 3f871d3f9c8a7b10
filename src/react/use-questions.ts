import type { AnyStream } from "@langchain/react";
import { useMemo } from "react";
import type { Doubt } from "./doubts.ts";
import { type Question, type QuestionDetails, toQuestion } from "./questions.ts";
import { useQuestionDetails } from "./use-question-details.ts";

/** An open question that is a plan review. */
export type OpenReview = Extract<Question, { kind: "plan" }>;

export interface OpenQuestions {
  /** The first open question that is a plan review. */
  review: OpenReview | null;
  /** All other open questions. */
  questions: Question[];
  /** Those of them about what may have happened: parallel steps can each be in doubt. */
  doubts: Doubt[];
  /** Ids of open questions of which not all is known yet. */
  lookingUp: ReadonlySet<string>;
}

/** The open questions of a thread, of any graph, recognised by their shape. */
export function useQuestions(stream: AnyStream): OpenQuestions {
  const { interrupts, threadId } = stream;
  const ids = useMemo(() => interrupts.map(({ id = "" }) => id), [interrupts]);
  const details = useQuestionDetails(threadId, ids);
  return useMemo(() => sortQuestions(interrupts, details), [interrupts, details]);
}

function sortQuestions(
  interrupts: readonly { id?: string | undefined; value?: unknown }[],
  details: ReadonlyMap<string, QuestionDetails | null>,
): OpenQuestions {
  const all = interrupts.map(({ id: interruptId = "", value }) =>
    toQuestion({ interruptId, value }, details.get(interruptId) ?? null),
  );
  const first = all.find((question) => question.kind === "plan");
  const questions = all.filter((question) => question !== first);
  return {
    review: first?.kind === "plan" ? first : null,
    questions,
    doubts: questions.flatMap((question) => (question.kind === "doubt" ? [question.doubt] : [])),
    lookingUp: new Set(all.map(({ interruptId }) => interruptId).filter((id) => !details.has(id))),
  };
}
