import type { TimelineItem } from "countersign/react";
import {
  ActiveQuestion,
  Button,
  CallList,
  ClarificationRow,
  isLeftBehind,
  NoteRow,
  PlanItem,
  planInHand,
  QuestionQueue,
  ReadingRow,
  Refusal,
  ThinkingRow,
  ThreadOfQuestions,
  useActiveQuestion,
} from "countersign/react";
import { LoaderCircle } from "lucide-react";
import type { RefObject } from "react";
import type { Conversation } from "../hooks/use-conversation.ts";
import { usePlace } from "../hooks/use-place.ts";
import type { Place } from "../hooks/use-route.ts";
import { words } from "../words.ts";
import { AgentMessage, AgentName } from "./agent-message.tsx";
import { ItemList } from "./item-list.tsx";
import { PersonMessage } from "./person-message.tsx";

interface ConversationViewProps {
  conversation: Conversation;
  failure: string | null;
  /** What the address names, within the thread. */
  place: Place | null;
  /** The item that was looked for. */
  found: string | null;
  scroller: RefObject<HTMLElement | null>;
}

/** The messages and plans of a thread, and what it is doing now. */
export function ConversationView({ conversation, failure, place, found, scroller }: ConversationViewProps) {
  const { items, isLoading, refusal } = conversation;
  const error = conversation.error ?? failure;
  const lastPlan = items.findLast((item) => item.type === "plan");
  const [active, activate] = useActiveQuestion(conversation);
  const hasBeenThere = usePlace(place);
  const isGone = place !== null && !hasBeenThere && !conversation.isThreadLoading && !isLoading;
  const isBusyQuietly = isLoading && items.at(-1)?.type !== "plan";
  const marked = place?.type === "message" ? place.id : null;
  return (
    <ThreadOfQuestions value={conversation.threadId}>
      <ActiveQuestion value={active}>
        <div className="mx-auto flex w-full max-w-3xl flex-col gap-5 px-4 py-6">
          <ItemList items={items} scroller={scroller} wanted={[itemOf(place, items)]} shown={found}>
            {(item) => (
              <Item
                item={item}
                conversation={conversation}
                isLastPlan={item === lastPlan}
                isMarked={marked !== null && isMadeOf(item, marked)}
              />
            )}
          </ItemList>
          <Questions conversation={conversation} onActivate={activate} />
          {isGone && place.type !== "step" ? (
            <p role="status" className="rounded-lg bg-sunken p-3 text-sm">
              {place.type === "question" ? words.chat.questionGone : words.chat.messageGone}
            </p>
          ) : null}
          <Refusal text={refusal} />
          {isBusyQuietly ? (
            <p className="flex items-center gap-2 text-muted text-sm">
              <LoaderCircle className="size-4 animate-spin" aria-hidden /> {words.chat.working}
            </p>
          ) : null}
          {error && !isLoading ? (
            <div role="alert" className="rounded-lg border border-line bg-bad-soft p-3 text-sm">
              <p className="break-words text-bad">{error}</p>
              <Button className="mt-2" onClick={() => void conversation.retry()}>
                {words.chat.tryAgain}
              </Button>
            </div>
          ) : null}
        </div>
      </ActiveQuestion>
    </ThreadOfQuestions>
  );
}

/** The item that an address leads to; null for a question, which is at the end. */
function itemOf(place: Place | null, items: readonly TimelineItem[]): string | null {
  if (place?.type === "message") return items.find((item) => isMadeOf(item, place.id))?.id ?? null;
  if (place?.type !== "step") return null;
  const plans = items.filter((item) => item.type === "plan");
  const has = plans.findLast(({ record }) => record?.plan.steps.some(({ id }) => id === place.id));
  return (has ?? plans.at(-1))?.id ?? null;
}

function isMadeOf({ id, holds }: TimelineItem, messageId: string): boolean {
  return id === messageId || (holds?.includes(messageId) ?? false);
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

interface ItemProps {
  item: TimelineItem;
  conversation: Conversation;
  isLastPlan: boolean;
}

/** An item where an address finds it, under the name of who says it. */
function Item({ isMarked, ...rest }: ItemProps & { isMarked: boolean }) {
  const { item, conversation } = rest;
  const name = newName(item, conversation.items);
  return (
    <div
      data-message={item.id}
      data-holds={item.holds?.join(" ")}
      data-marked={isMarked}
      tabIndex={-1}
      className="flex scroll-mt-6 flex-col rounded-md outline-none data-[marked=true]:ring-2 data-[marked=true]:ring-accent data-[marked=true]:ring-offset-8 data-[marked=true]:ring-offset-bg"
    >
      {name === null ? null : <AgentName name={name} />}
      <ItemBody {...rest} />
    </div>
  );
}

function ItemBody({ item, conversation, isLastPlan }: ItemProps) {
  const { isLoading, isPlanAgent, toolOutput } = conversation;
  switch (item.type) {
    case "person":
      return <PersonMessage item={item} conversation={conversation} />;
    case "agent":
      return <AgentMessage item={item} conversation={conversation} />;
    case "thinking":
      return <ThinkingRow id={item.id} text={item.text} isOver={item.isOver || !isLoading} />;
    case "note":
      return <NoteRow role={item.role} text={item.text} />;
    case "clarification":
      return <ClarificationRow record={item.record} />;
    case "reading":
      if (isPlanAgent) return <ReadingRow calls={item.calls} />;
      return <CallList calls={item.calls} liveOutput={toolOutput} isRunning={isLoading} />;
    case "correction":
      return (
        <details className="text-muted text-sm">
          <summary>{words.chat.corrected}</summary>
          <p className="mt-1 break-words font-mono text-xs">{item.issues}</p>
        </details>
      );
    case "plan":
      return <PlanItem item={item} view={conversation} isLastPlan={isLastPlan} />;
  }
}

/** Whose turn begins with an item; null where it goes on, or nobody has a name. */
function newName(item: TimelineItem, items: readonly TimelineItem[]): string | null {
  const name = nameOf(item);
  if (name === null) return null;
  const before = items[items.indexOf(item) - 1];
  return before !== undefined && nameOf(before) === name ? null : name;
}

function nameOf(item: TimelineItem): string | null {
  return item.type === "agent" || item.type === "reading" || item.type === "thinking"
    ? (item.name ?? null)
    : null;
}
