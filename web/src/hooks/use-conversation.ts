import { type AnyStream, STREAM_CONTROLLER, useChannel, useExtension, useStream } from "@langchain/react";
import type { Decision, Plan, PlanReview, StepState } from "countersign/agent";
import { useCallback, useMemo, useRef, useState } from "react";
import { type Doubt, toDoubt } from "../conversation/doubts.ts";
import type { Draft } from "../conversation/plans.ts";
import { type Question, type QuestionDetails, toQuestion } from "../conversation/questions.ts";
import type { DoubtEvent, StepEvent } from "../conversation/steps.ts";
import { type TimelineItem, toTimeline } from "../conversation/timeline.ts";
import { client, describeError, isRefusal, type QueuedMessage, setTitle } from "../lib/api.ts";
import { useAnswer } from "./use-answer.ts";
import { useAskAgain } from "./use-ask-again.ts";
import { useForeignRuns } from "./use-foreign-runs.ts";
import { useQuestionDetails } from "./use-question-details.ts";
import { useQueue } from "./use-queue.ts";

interface AgentValues extends Record<string, unknown> {
  messages: unknown[];
  plan?: Plan | null;
  decisions?: Decision[];
  steps?: Record<string, StepState>;
}

/** Everything the chat shows of one thread, and everything a person can do in it. */
export interface Conversation {
  threadId: string | null;
  items: TimelineItem[];
  plan: Plan | null;
  decisions: Decision[];
  steps: Record<string, StepState>;
  /** What steps, and questions about them, have said, oldest first. */
  liveSteps: (StepEvent | DoubtEvent)[];
  draft: Draft | null;
  /** The first open question that is a plan review. */
  review: OpenReview | null;
  /** All other open questions. */
  questions: Question[];
  /** Those of them about what may have happened: parallel steps can each be in doubt. */
  doubts: Doubt[];
  /** Ids of open questions of which not all is known yet. */
  lookingUp: ReadonlySet<string>;
  /** Text a running tool has put out so far, by tool call id. */
  toolOutput: ReadonlyMap<string, string>;
  isLoading: boolean;
  isThreadLoading: boolean;
  isReconnecting: boolean;
  error: string | null;
  /** Why the person's last answer did not count, such as that somebody else was first. */
  refusal: string | null;
  send(text: string, options?: { setAside?: boolean; isQueued?: boolean }): Promise<void>;
  /** Answers these questions at once, by interrupt id: all are taken, or none. */
  answer(answers: Readonly<Record<string, unknown>>): Promise<void>;
  /** Messages that wait for the run to end, or for the open question. */
  queue: QueuedMessage[];
  takeBack(id: string): Promise<void>;
  /** Says a message differently: from before it on, the thread goes another way. Absent while that is not possible. */
  askAgain?: ((messageId: string, text: string) => Promise<void>) | undefined;
  /** Goes on from a checkpoint, without a word. Absent while that is not possible. */
  forkFrom?: ((checkpointId: string) => Promise<void>) | undefined;
  retry(): Promise<void>;
  stop(): Promise<void>;
  /** What lies beneath, for parts of the page that listen for themselves. */
  stream: AnyStream;
}

/** An open question that is a plan review. */
export type OpenReview = Extract<Question, { kind: "plan" }>;

export interface ConversationOptions {
  threadId: string | null;
  /** The graph that new runs are of. */
  graphId: string;
  onThreadId: (id: string) => void;
}

const titleLength = 80;

export function useConversation({ threadId, graphId, onThreadId }: ConversationOptions): Conversation {
  const [isReconnecting, setReconnecting] = useState(false);
  /** A thread that begins here, before and after the server has it. */
  const [minted, setMinted] = useState<string | null>(null);
  const [created, setCreated] = useState<string | null>(null);
  /** What a new thread is called, once the server has it: its first message. */
  const newTitle = useRef<string | null>(null);
  const threadIdNow = useRef<string | null>(threadId);
  const stream = useStream<AgentValues, PlanReview>({
    client,
    assistantId: graphId,
    threadId,
    onThreadId: (id) => {
      setMinted(id);
      onThreadId(id);
    },
    onCreated: () => {
      const id = threadIdNow.current;
      setCreated(id);
      const title = newTitle.current;
      newTitle.current = null;
      if (id !== null && title !== null) void setTitle(id, title).catch(() => {});
    },
    maxReconnectAttempts: Number.MAX_SAFE_INTEGER,
    reconnectDelayMs: (attempt: number) => Math.min(500 * 2 ** Math.min(attempt, 4), 5_000),
    onReconnect: () => setReconnecting(true),
    onConnected: () => setReconnecting(false),
  });
  const latestPlan = useExtension<Draft>(stream, "plan");
  const stepEvents = useChannel(stream, ["custom:step", "input"], undefined, { bufferSize: 2_000 });
  const toolEvents = useChannel(stream, ["tools"], undefined, { bufferSize: 2_000 });
  threadIdNow.current = stream.threadId;
  useForeignRuns(stream);

  const any = stream as unknown as AnyStream;
  const { queue, enqueue, takeBack } = useQueue(
    stream.threadId === minted && stream.threadId !== created ? null : stream.threadId,
    graphId,
    stream.isLoading,
  );
  const askAgain = useAskAgain(any);
  const { answer, refusal, clearRefusal, failure, isUnderway } = useAnswer(any);

  const values = stream.values as AgentValues;
  const messages = stream.messages;
  const items = useMemo(() => toTimeline(messages), [messages]);
  const liveSteps = useMemo(() => stepEvents.flatMap(toStepEvent), [stepEvents]);
  const interrupts = stream.interrupts;
  const openIds = useMemo(() => interrupts.map(({ id = "" }) => id), [interrupts]);
  const details = useQuestionDetails(stream.threadId, openIds);
  const open = useMemo(() => sortQuestions(interrupts, details), [interrupts, details]);
  const toolOutput = useMemo(() => joinToolOutput(toolEvents), [toolEvents]);

  const controller = stream[STREAM_CONTROLLER];
  const send = useCallback(
    async (text: string, { setAside = false, isQueued = false } = {}) => {
      clearRefusal();
      if (isQueued) return enqueue(text);
      if (controller.rootStore.getSnapshot().threadId === null) newTitle.current = toTitle(text);
      await stream.submit(
        { messages: [{ type: "human", content: text, id: crypto.randomUUID() }] } as never,
        setAside ? { multitaskStrategy: "interrupt" } : {},
      );
    },
    [stream.submit, controller, enqueue, clearRefusal],
  );

  return {
    threadId: stream.threadId,
    items,
    plan: values.plan ?? null,
    decisions: values.decisions ?? [],
    steps: values.steps ?? {},
    liveSteps,
    draft: latestPlan ?? null,
    ...open,
    toolOutput,
    // Between an answer and the run that goes on with it, nothing else can be begun.
    isLoading: stream.isLoading || (isUnderway && interrupts.length === 0),
    isThreadLoading: stream.isThreadLoading,
    isReconnecting,
    error:
      stream.error == null || stream.error === failure || isRefusal(stream.error)
        ? null
        : describeError(stream.error),
    refusal,
    send,
    answer,
    queue,
    takeBack,
    askAgain,
    forkFrom: askAgain && ((checkpointId) => stream.submit(null, { forkFrom: checkpointId })),
    stream: any,
    retry: () => stream.submit(null),
    stop: () => stream.stop(),
  };
}

type OpenQuestions = Pick<Conversation, "review" | "questions" | "doubts" | "lookingUp">;

/** The open questions, by who shows them. */
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

/** A step's own word, or a question whether it has run. */
function toStepEvent({
  method,
  params,
}: {
  method: string;
  params: { data: unknown };
}): (StepEvent | DoubtEvent)[] {
  const { payload } = (params.data ?? {}) as { payload?: unknown };
  if (method === "custom") return payload ? [payload as StepEvent] : [];
  const doubt = toDoubt({ interruptId: "", value: payload });
  return doubt ? [{ inDoubt: doubt.key }] : [];
}

/** What running tools have said so far, by tool call id. */
function joinToolOutput(events: readonly { params: { data: unknown } }[]): Map<string, string> {
  const output = new Map<string, string>();
  for (const { params } of events) {
    const {
      event,
      tool_call_id: id,
      delta,
    } = params.data as { event: string; tool_call_id: string; delta?: string };
    if (event === "tool-output-delta") output.set(id, `${output.get(id) ?? ""}${delta ?? ""}`);
  }
  return output;
}

function toTitle(text: string): string {
  return text.length > titleLength ? `${text.slice(0, titleLength - 1)}…` : text;
}
