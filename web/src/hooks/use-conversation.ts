import { STREAM_CONTROLLER, useChannel, useChannelEffect, useExtension, useStream } from "@langchain/react";
import type { Decision, Plan, PlanAnswer, PlanReview, StepState } from "countersign/agent";
import { useCallback, useMemo, useRef, useState } from "react";
import type { StepEvent } from "../conversation/steps.ts";
import { type TimelineItem, toTimeline } from "../conversation/timeline.ts";
import { assistantId, client, describeError, setTitle } from "../lib/api.ts";

interface AgentValues extends Record<string, unknown> {
  messages: unknown[];
  plan?: Plan | null;
  decisions?: Decision[];
  steps?: Record<string, StepState>;
}

export interface Draft {
  revision: number;
  draft?: Partial<Plan>;
}

/** Everything the chat shows of one thread, and everything a person can do in it. */
export interface Conversation {
  items: TimelineItem[];
  plan: Plan | null;
  decisions: Decision[];
  steps: Record<string, StepState>;
  liveSteps: StepEvent[];
  draft: Draft | null;
  /** The open question, when it is a plan review. */
  review: { interruptId: string; review: PlanReview } | null;
  /** Any other open question. */
  otherInterrupt: { interruptId: string; value: unknown } | null;
  /** Text a running tool has put out so far, by tool call id. */
  toolOutput: ReadonlyMap<string, string>;
  isLoading: boolean;
  isThreadLoading: boolean;
  isReconnecting: boolean;
  error: string | null;
  send(text: string, options?: { setAside?: boolean }): Promise<void>;
  answer(interruptId: string, answer: PlanAnswer | unknown): Promise<void>;
  retry(): Promise<void>;
  stop(): Promise<void>;
}

const titleLength = 80;

export function useConversation(threadId: string | null, onThreadId: (id: string) => void): Conversation {
  const [isReconnecting, setReconnecting] = useState(false);
  /** What a new thread is called, once the server has it: its first message. */
  const newTitle = useRef<string | null>(null);
  const threadIdNow = useRef<string | null>(threadId);
  const stream = useStream<AgentValues, PlanReview>({
    client,
    assistantId,
    threadId,
    onThreadId,
    onCreated: () => {
      const id = threadIdNow.current;
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
  const stepEvents = useChannel(stream, ["custom:step"], undefined, { bufferSize: 2_000 });
  const toolEvents = useChannel(stream, ["tools"], undefined, { bufferSize: 2_000 });
  threadIdNow.current = stream.threadId;
  useForeignRuns(stream);

  const values = stream.values as AgentValues;
  const messages = stream.messages;
  const items = useMemo(() => toTimeline(messages), [messages]);
  const liveSteps = useMemo(() => stepEvents.flatMap(toStepEvent), [stepEvents]);
  const interrupt = stream.interrupts[0];
  const isReview = (interrupt?.value as PlanReview | undefined)?.type === "plan_review";
  const toolOutput = useMemo(() => joinToolOutput(toolEvents), [toolEvents]);

  const controller = stream[STREAM_CONTROLLER];
  const send = useCallback(
    async (text: string, { setAside = false } = {}) => {
      if (controller.rootStore.getSnapshot().threadId === null) newTitle.current = toTitle(text);
      await stream.submit(
        { messages: [{ type: "human", content: text, id: crypto.randomUUID() }] } as never,
        setAside ? { multitaskStrategy: "interrupt" } : {},
      );
    },
    [stream.submit, controller],
  );
  const answer = useCallback(
    async (interruptId: string, value: unknown) => {
      try {
        await stream.respond(value, { interruptId });
      } catch (error) {
        // Somebody else was first, or the question is gone: show where the thread really stands.
        await controller.hydrate();
        throw new Error(describeError(error));
      }
    },
    [stream.respond, controller],
  );

  return {
    items,
    plan: values.plan ?? null,
    decisions: values.decisions ?? [],
    steps: values.steps ?? {},
    liveSteps,
    draft: latestPlan ?? null,
    review:
      interrupt && isReview
        ? { interruptId: interrupt.id ?? "", review: interrupt.value as PlanReview }
        : null,
    otherInterrupt:
      interrupt && !isReview ? { interruptId: interrupt.id ?? "", value: interrupt.value } : null,
    toolOutput,
    isLoading: stream.isLoading,
    isThreadLoading: stream.isThreadLoading,
    isReconnecting,
    error: stream.error == null ? null : describeError(stream.error),
    send,
    answer,
    retry: () => stream.submit(null),
    stop: () => stream.stop(),
  };
}

/**
 * The stock hook listens to a thread only while it is active. This keeps an ear on an idle one, so that a
 * run which another tab (or another person) starts shows here as well.
 */
function useForeignRuns(stream: ReturnType<typeof useStream<AgentValues, PlanReview>>): void {
  const isLoading = useRef(stream.isLoading);
  isLoading.current = stream.isLoading;
  const controller = stream[STREAM_CONTROLLER];
  const pending = useRef<number | undefined>(undefined);
  useChannelEffect(stream, ["lifecycle", "input"], {
    replay: false,
    enabled: stream.threadId !== null,
    onEvent(event) {
      if (isLoading.current || event.params.namespace.length > 0) return;
      window.clearTimeout(pending.current);
      pending.current = window.setTimeout(() => void controller.hydrate(), 150);
    },
  });
}

function toStepEvent(event: { params: { data: unknown } }): StepEvent[] {
  const { payload } = (event.params.data ?? {}) as { payload?: StepEvent };
  return payload ? [payload] : [];
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
