import { Component, type ComponentType, type ReactNode } from "react";
import type { CardProps } from "./card.ts";
import { type DeferredComponent, deferred } from "./deferred.tsx";
import { DoubtCard } from "./doubt-card.tsx";
import { OtherCard } from "./other-card.tsx";
import { PlanReviewCard } from "./plan-review-card.tsx";
import type { QuestionKind } from "./questions.ts";
import { words } from "./words.ts";

type Card = ComponentType<CardProps> | DeferredComponent<CardProps>;

/** The card of every kind of question. Most are fetched when the first one of their kind is open. */
const cards: { [Kind in QuestionKind]: ComponentType<CardProps<Kind>> } = {
  plan: PlanReviewCard,
  doubt: DoubtCard,
  other: OtherCard,
  form: deferred(async () => (await import("./form-card.tsx")).FormCard, waiting),
  tools: deferred(async () => (await import("./tools-card.tsx")).ToolsCard, waiting),
  clarification: deferred(async () => (await import("./clarification-card.tsx")).ClarificationCard, waiting),
  step_failed: deferred(async () => (await import("./step-failed-card.tsx")).StepFailedCard, waiting),
  step_review: deferred(async () => (await import("./step-review-card.tsx")).StepReviewCard, waiting),
  deviation: deferred(async () => (await import("./deviation-card.tsx")).DeviationCard, waiting),
};

/** The card of one open question. */
export function QuestionCard(props: CardProps): ReactNode {
  const Card = cards[props.question.kind] as Card;
  const { interruptId, value, details } = props.question;
  const plain = { ...props, question: { interruptId, value, details, kind: "other" as const } };
  return (
    <CardBoundary key={interruptId} fallback={<OtherCard {...plain} />}>
      <Card {...props} />
    </CardBoundary>
  );
}

/** Whatever a graph sends: a card that cannot show it gives way to the one that shows anything. */
class CardBoundary extends Component<{ fallback: ReactNode; children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    return this.state.hasFailed ? this.props.fallback : this.props.children;
  }
}

function waiting() {
  return (
    <section data-waiting className="rounded-xl border border-accent bg-panel p-4 text-muted text-sm">
      {words.question.opening}
    </section>
  );
}
