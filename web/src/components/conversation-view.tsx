import { LoaderCircle } from "lucide-react";
import type { RefObject } from "react";
import { isLeftBehind, planInHand } from "../conversation/plans.ts";
import type { TimelineItem } from "../conversation/timeline.ts";
import { useActiveQuestion } from "../hooks/use-active-question.ts";
import type { Conversation } from "../hooks/use-conversation.ts";
import { usePlace } from "../hooks/use-place.ts";
import type { Place } from "../hooks/use-route.ts";
import { QuestionQueue } from "../questions/question-queue.tsx";
import { ActiveQuestion, ThreadOfQuestions } from "../questions/queue.ts";
import { Button } from "./button.tsx";
import { ClarificationRow } from "./clarification-row.tsx";
import { ItemList } from "./item-list.tsx";
import { Markdown } from "./markdown.tsx";
import { MessageActions } from "./message-actions.tsx";
import { PersonMessage } from "./person-message.tsx";
import { PlanItem } from "./plan-item.tsx";
import { ReadingRow } from "./reading-row.tsx";

/** The messages and plans of a thread, and what it is doing now. */
export function ConversationView({
  conversation,
  failure,
  place,
  scroller,
}: {
  conversation: Conversation;
  failure: string | null;
  /** What the address names, within the thread. */
  place: Place | null;
  scroller: RefObject<HTMLElement | null>;
}) {
  const { items, isLoading, refusal } = conversation;
  const error = conversation.error ?? failure;
  const lastPlan = items.findLast((item) => item.type === "plan");
  const [active, activate] = useActiveQuestion(conversation);
  const hasBeenThere = usePlace(place, conversation);
  const isGone = place?.type === "question" && !hasBeenThere && !conversation.isThreadLoading && !isLoading;
  const isBusyQuietly = isLoading && items.at(-1)?.type !== "plan";
  return (
    <ThreadOfQuestions value={conversation.threadId}>
      <ActiveQuestion value={active}>
        <div className="mx-auto flex w-full max-w-3xl flex-col gap-5 px-4 py-6">
          <ItemList items={items} scroller={scroller}>
            {(item) => <Item item={item} conversation={conversation} isLastPlan={item === lastPlan} />}
          </ItemList>
          <Questions conversation={conversation} onActivate={activate} />
          {isGone ? (
            <p role="status" className="rounded-lg bg-sunken p-3 text-sm">
              The question that this link leads to is not open any more.
            </p>
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
      </ActiveQuestion>
    </ThreadOfQuestions>
  );
}

/** Every open question that no plan card in the conversation shows. */
function Questions({
  conversation,
  onActivate,
}: {
  conversation: Conversation;
  onActivate: (id: string) => void;
}) {
  const { items, review, questions, lookingUp, threadId, answer } = conversation;
  const hasPlan = items.some(({ type }) => type === "plan");
  const isInHand = planInHand(conversation)?.digest === review?.review.plan.digest;
  const isShown = review === null || isInHand || (hasPlan && isLeftBehind(items));
  return (
    <QuestionQueue
      threadId={threadId}
      questions={isShown ? questions : [review, ...questions]}
      lookingUp={lookingUp}
      onActivate={onActivate}
      onAnswer={answer}
    />
  );
}

/** Asks once more what this message answered. */
function againFrom({ id }: TimelineItem, { items, askAgain }: Conversation): (() => void) | undefined {
  if (askAgain === undefined) return undefined;
  const at = items.findIndex((item) => item.id === id);
  const asked = items.slice(0, at).findLast((item) => item.type === "person");
  return asked === undefined ? undefined : () => void askAgain(asked.id, asked.text);
}

interface ItemProps {
  item: TimelineItem;
  conversation: Conversation;
  isLastPlan: boolean;
}

function Item({ item, conversation, isLastPlan }: ItemProps) {
  if (item.type === "person") {
    return <PersonMessage id={item.id} text={item.text} conversation={conversation} />;
  }
  if (item.type === "agent") {
    return (
      <div className="group/message" dir="auto">
        <Markdown text={item.text} />
        <MessageActions text={item.text} onAgain={againFrom(item, conversation)} />
      </div>
    );
  }
  if (item.type === "clarification") return <ClarificationRow record={item.record} />;
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
