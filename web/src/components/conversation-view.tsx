import type { Decision } from "countersign/agent";
import { LoaderCircle } from "lucide-react";
import { useMemo } from "react";
import { mergeSteps } from "../conversation/steps.ts";
import type { TimelineItem } from "../conversation/timeline.ts";
import type { Conversation } from "../hooks/use-conversation.ts";
import { Button } from "./button.tsx";
import { DraftCard } from "./draft-card.tsx";
import { Markdown } from "./markdown.tsx";
import { PlanCard } from "./plan-card.tsx";
import { QuestionCard } from "./question-card.tsx";
import { ReadingRow } from "./reading-row.tsx";

/** The messages and plans of a thread, and what it is doing now. */
export function ConversationView({
  conversation,
  failure,
}: {
  conversation: Conversation;
  failure: string | null;
}) {
  const { items, otherInterrupt, isLoading, refusal } = conversation;
  const error = conversation.error ?? failure;
  const lastPlan = items.findLast((item) => item.type === "plan");
  const isBusyQuietly = isLoading && items.at(-1)?.type !== "plan";
  return (
    <div className="mx-auto flex w-full max-w-3xl flex-col gap-5 px-4 py-6">
      {items.map((item) => (
        <Item key={item.id} item={item} conversation={conversation} isLastPlan={item === lastPlan} />
      ))}
      {otherInterrupt ? (
        <QuestionCard
          interruptId={otherInterrupt.interruptId}
          value={otherInterrupt.value}
          onAnswer={conversation.answer}
        />
      ) : null}
      {refusal ? (
        <p role="status" className="rounded-lg bg-warn-soft p-3 text-sm text-warn">
          {refusal}
        </p>
      ) : null}
      {isBusyQuietly ? (
        <p className="flex items-center gap-2 text-muted text-sm" role="status">
          <LoaderCircle className="size-4 animate-spin" aria-hidden /> Working
        </p>
      ) : null}
      {error && !isLoading ? (
        <div role="alert" className="rounded-lg border border-line bg-bad-soft p-3 text-sm">
          <p className="break-words text-bad">{error}</p>
          <Button className="mt-2" onClick={() => void conversation.retry()}>
            Try again
          </Button>
        </div>
      ) : null}
    </div>
  );
}

interface ItemProps {
  item: TimelineItem;
  conversation: Conversation;
  isLastPlan: boolean;
}

function Item({ item, conversation, isLastPlan }: ItemProps) {
  if (item.type === "person") {
    return (
      <div className="ml-auto max-w-[85%] whitespace-pre-wrap break-words rounded-2xl rounded-br-md bg-accent-soft px-4 py-2.5">
        {item.text}
      </div>
    );
  }
  if (item.type === "agent") return <Markdown text={item.text} />;
  if (item.type === "reading") return <ReadingRow calls={item.calls} />;
  if (item.type === "correction") {
    return (
      <details className="text-muted text-sm">
        <summary>The model corrected its plan before you saw it</summary>
        <p className="mt-1 break-words font-mono text-xs">{item.issues}</p>
      </details>
    );
  }
  return <PlanItem item={item} conversation={conversation} isLastPlan={isLastPlan} />;
}

function PlanItem({
  item,
  conversation,
  isLastPlan,
}: ItemProps & { item: Extract<TimelineItem, { type: "plan" }> }) {
  const { plan, review, decisions, steps, liveSteps, draft, toolOutput, isLoading, answer } = conversation;
  const { record } = item;
  const merged = useMemo(
    () =>
      plan && isLastPlan
        ? mergeSteps(plan, { inState: steps, live: liveSteps, isRunning: isLoading })
        : undefined,
    [plan, isLastPlan, steps, liveSteps, isLoading],
  );
  if (record) {
    const { plan: decided, decision } = record;
    return (
      <PlanCard plan={decided} decision={decision} steps={record.steps} isRunning={false} onAnswer={answer} />
    );
  }
  if (!isLastPlan) return <SetAside title={item.title} />;
  if (
    plan === null ||
    (isLoading && isAheadOf(draft?.revision, plan.revision) && !decided(decisions, plan.digest))
  ) {
    return isLoading ? <DraftCard draft={draft} /> : <SetAside title={item.title} />;
  }
  const open = review?.review.plan.digest === plan.digest ? review : null;
  const decision = decided(decisions, plan.digest);
  const isApproved = decision?.type === "approve" || decision?.type === "edit";
  const isHalfDone =
    isApproved && !isLoading && Object.values(steps).some(({ status }) => status === "waiting");
  return (
    <PlanCard
      plan={plan}
      review={open ? { interruptId: open.interruptId, changes: open.review.changes } : undefined}
      decision={decision}
      steps={merged}
      toolOutput={toolOutput}
      isRunning={isLoading}
      onAnswer={answer}
      onContinue={isHalfDone ? conversation.retry : undefined}
    />
  );
}

/** A plan that nobody decided on before the conversation went on. */
function SetAside({ title }: { title: string }) {
  return (
    <p className="text-muted text-sm">
      A plan was set aside{title ? `: ${title}` : ""}. Nothing of it was run.
    </p>
  );
}

/** A revision is being written that the state does not hold yet. */
function isAheadOf(draft: number | undefined, revision: number): boolean {
  return draft !== undefined && draft > revision;
}

function decided(decisions: readonly Decision[], digest: string): Decision | undefined {
  return decisions.findLast((decision) => decision.digest === digest);
}
