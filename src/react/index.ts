// Around everything, and what it asks the server.

// Whole pieces, over a stream of `useStream`.
export { AllowRules } from "./allow-rules.tsx";
// Building blocks.
export { Area } from "./area.tsx";
export { Button } from "./button.tsx";
// Their parts, for a conversation of one's own.
export { ClarificationRow } from "./clarification-row.tsx";
export { CopyButton } from "./copy-button.tsx";
export {
  Countersign,
  type CountersignProps,
  type LinkTo,
  type Theme,
  useCountersign,
  type WhereKeysHold,
} from "./countersign.tsx";
export {
  type ClientOptions,
  type CountersignClient,
  createCountersignClient,
  type GivenAnswer,
  type InboxItem,
  type QuestionQuery,
  titleOf,
} from "./countersign-client.ts";
export { type DeferredComponent, deferred } from "./deferred.tsx";
export { DraftCard } from "./draft-card.tsx";
export { FindBox } from "./find-box.tsx";
export { Inbox } from "./inbox.tsx";
export type { InboxPageProps } from "./inbox-page.tsx";
export {
  InterruptCard,
  type InterruptCardProps,
  InterruptQueue,
  type InterruptQueueProps,
} from "./interrupts.tsx";
export { JsonTree } from "./json-tree.tsx";
export { KeyHint } from "./key-hint.tsx";
export { areKeysOn, showKeys, switchKeys } from "./keys.ts";
export { Markdown } from "./markdown.tsx";
export { MediaList } from "./media-list.tsx";
export { NoteRow } from "./note-row.tsx";
export { OutputView } from "./output.tsx";
export { PlanCard, type PlanCardProps } from "./plan-card.tsx";
export { PlanItem, type PlanView } from "./plan-item.tsx";
export { PlanReview, type PlanReviewProps } from "./plan-review.tsx";
// How they read what a graph sends.
export { type Draft, isLeftBehind, planInHand } from "./plans.ts";
export { ActiveQuestion, ThreadOfQuestions } from "./question-context.ts";
export { QuestionQueue } from "./question-queue.tsx";
export {
  headlineOf,
  type OpenInterrupt,
  type Question,
  type QuestionDetails,
  type QuestionKind,
  toQuestion,
} from "./questions.ts";
export { CallList, ReadingRow } from "./reading-row.tsx";
export { refresh } from "./refresh.ts";
export { Refusal } from "./refusal.tsx";
export { describeError, describeRefusal, isRefusal } from "./refusals.ts";
export { saveFile, toFileName } from "./save-file.ts";
export { ScrollBox } from "./scroll-box.tsx";
export { SourceList } from "./source-list.tsx";
export { formatDuration } from "./steps.ts";
export { ThinkingRow } from "./thinking-row.tsx";
export { type TimelineItem, toTimeline } from "./timeline.ts";
// What they read and do, as hooks.
export { useActiveQuestion } from "./use-active-question.ts";
export { useAnnouncements } from "./use-announcements.ts";
export { type Answering, useAnswer } from "./use-answer.ts";
export { useDraft } from "./use-draft.ts";
export { useDraftText } from "./use-draft-text.ts";
export { type InboxEntries, type InboxEntry, useInbox } from "./use-inbox.ts";
export { type PlanChannels, usePlan } from "./use-plan.ts";
export { useQuestionDetails } from "./use-question-details.ts";
export { type OpenQuestions, type OpenReview, useQuestions } from "./use-questions.ts";
export { useSingleKeys } from "./use-single-keys.ts";
// What they say.
export { setWords, type Words, words } from "./words.ts";
