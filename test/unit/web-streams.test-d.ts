import { type AnyStream, useStream } from "@langchain/react";
import type { PlanReview as Review } from "countersign/agent";
import {
  type Answering,
  InterruptQueue,
  type OpenQuestions,
  type PlanChannels,
  PlanReview,
  useAnswer,
  usePlan,
  useQuestions,
} from "countersign/react";
import { createElement, type ReactElement } from "react";

interface State {
  messages: object[];
  plan: { title: string } | null;
}

/** Every stream that `useStream` gives is taken as it is, whatever is known of its state and its interrupts. */
export function useStreamsOfEveryType(): ReactElement[] {
  const untyped = useStream({ apiUrl: "/api", assistantId: "agent" });
  const typed = useStream<State>({ apiUrl: "/api", assistantId: "agent" });
  const asking = useStream<State, Review>({ apiUrl: "/api", assistantId: "agent", threadId: null });
  const erased: AnyStream = asking;

  const plans: PlanChannels[] = [usePlan(untyped), usePlan(typed), usePlan(asking), usePlan(erased)];
  const open: OpenQuestions[] = [
    useQuestions(untyped),
    useQuestions(typed),
    useQuestions(asking),
    useQuestions(erased),
  ];
  const answers: Answering[] = [useAnswer(untyped), useAnswer(typed), useAnswer(asking), useAnswer(erased)];

  // What is asked is known by its kind.
  for (const { review, questions } of open) {
    const digest: string | undefined = review?.review.plan.digest;
    for (const question of questions) {
      if (question.kind === "tools")
        void question.asked.requests.map(({ name }) => name.concat(digest ?? ""));
      // @ts-expect-error only a form has a schema
      if (question.kind === "tools") void question.schema;
    }
  }
  // @ts-expect-error answers go by the id of the interrupt
  void answers[0]?.answer("approve");
  // @ts-expect-error a stream is needed
  createElement(PlanReview, {});

  return [
    ...[untyped, typed, asking, erased].map((stream) => createElement(PlanReview, { stream })),
    createElement(InterruptQueue, { stream: typed, without: "plan" }),
    createElement("p", null, plans.length),
  ];
}
