import { type AnyStream, STREAM_CONTROLLER, useStream } from "@langchain/react";
import { describeError, isRefusal, type PlanView, useAnswer, usePlan, useQuestions } from "countersign/react";
import { useCallback, useRef, useState } from "react";
import { client, type QueuedMessage, setTitle } from "../lib/api.ts";
import type { Versions } from "../lib/branches.ts";
import { watchedFetch } from "../lib/watched-fetch.ts";
import { type AskAgain, useAskAgain } from "./use-ask-again.ts";
import { useBranches } from "./use-branches.ts";
import { useForeignRuns } from "./use-foreign-runs.ts";
import { useGone } from "./use-gone.ts";
import { useQueue } from "./use-queue.ts";
import { useSend } from "./use-send.ts";
import { useStopAfterStep } from "./use-stop.ts";

/** Everything the chat shows of one thread, and everything a person can do in it. */
export interface Conversation extends PlanView {
  threadId: string | null;
  /** The server has the thread: one that begins here is known by its id before that. */
  isServed: boolean;
  /** The server has no such thread, or not for this person. */
  isGone: boolean;
  isThreadLoading: boolean;
  isReconnecting: boolean;
  error: string | null;
  /** Why the person's last answer did not count, such as that somebody else was first. */
  refusal: string | null;
  /** A message that had not arrived when the page was left, and what to call once it is in its box again. */
  lost: string | null;
  onLost: () => void;
  send(text: string, options?: { setAside?: boolean; isQueued?: boolean }): Promise<void>;
  /** Messages that wait for the run to end, or for the open question. */
  queue: QueuedMessage[];
  takeBack(id: string): Promise<void>;
  /** Says a message differently: from before it on, the thread goes another way. Absent while that is not possible. */
  askAgain?: AskAgain | undefined;
  /** Goes on from a checkpoint, without a word. Absent while that is not possible. */
  forkFrom?: ((checkpointId: string) => Promise<void>) | undefined;
  stop(): Promise<void>;
  /** Ends the run once what is under way is finished. */
  stopAfterStep(): Promise<void>;
  /** That was asked for. */
  stopsAfterStep: boolean;
  /** Messages that were said differently as well, by id. */
  versions: ReadonlyMap<string, Versions>;
  /** Goes on with another version, by where it ended. Absent while that is not possible. */
  takeUpVersion?: ((leaf: string) => Promise<void>) | undefined;
  /** The graph is our plan agent: what it reads before it plans is folded. */
  isPlanAgent: boolean;
  /** What lies beneath, for parts of the page that listen for themselves. */
  stream: AnyStream;
}

export interface ConversationOptions {
  threadId: string | null;
  /** The graph that new runs are of. */
  graphId: string;
  /** The thread is among those that are listed. */
  isListed: boolean;
  onThreadId: (id: string) => void;
}

const titleLength = 80;

export function useConversation({
  threadId,
  graphId,
  isListed,
  onThreadId,
}: ConversationOptions): Conversation {
  const [isReconnecting, setReconnecting] = useState(false);
  /** A thread that begins here, before and after the server has it. */
  const [minted, setMinted] = useState<string | null>(null);
  const [created, setCreated] = useState<string | null>(null);
  /** What a new thread is called, once the server has it: its first message. */
  const newTitle = useRef<string | null>(null);
  const takenNow = useRef(() => {});
  const threadIdNow = useRef<string | null>(threadId);
  const stream = useStream({
    client,
    fetch: watchedFetch,
    assistantId: graphId,
    threadId,
    onThreadId: (id) => {
      setMinted(id);
      onThreadId(id);
    },
    onCreated: () => {
      takenNow.current();
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
  threadIdNow.current = stream.threadId;
  const { send: sendOnce, failure: unsent, taken, begun, lost, onLost } = useSend(stream, graphId);
  const { askAgain, takenAgain, failure: untaken } = useAskAgain(stream, graphId);
  takenNow.current = () => {
    taken();
    takenAgain();
  };
  useForeignRuns(stream);

  const isCreated = stream.threadId === created;
  const isPending = stream.threadId === minted && !isCreated;
  const isAwaited = isPending || (stream.threadId === begun && !isCreated);
  const isGone = useGone(isAwaited ? null : stream.threadId, { isListed, isCutOff: isReconnecting });
  const served = isPending || isGone ? null : stream.threadId;
  const { queue, enqueue, takeBack } = useQueue(served, graphId, stream.isLoading);
  const stopping = useStopAfterStep(served, stream.isLoading);
  const branches = useBranches(stream, served);
  const { answer, refusal, clearRefusal, failure, isUnderway, approval, undo } = useAnswer(stream);

  const channels = usePlan(stream);
  const open = useQuestions(stream);

  const controller = stream[STREAM_CONTROLLER];
  const send = useCallback(
    async (text: string, { setAside = false, isQueued = false } = {}) => {
      clearRefusal();
      if (isQueued) return enqueue(text);
      if (controller.rootStore.getSnapshot().threadId === null) newTitle.current = toTitle(text);
      await sendOnce(text, { setAside });
    },
    [sendOnce, controller, enqueue, clearRefusal],
  );

  return {
    threadId: stream.threadId,
    isServed: served !== null,
    isGone,
    ...channels,
    ...open,
    // Between an answer and the run that goes on with it, nothing else can be begun.
    isLoading: stream.isLoading || (isUnderway && stream.interrupts.length === 0),
    isThreadLoading: stream.isThreadLoading,
    isReconnecting,
    error:
      stream.error == null || [failure, unsent, untaken].includes(stream.error) || isRefusal(stream.error)
        ? null
        : describeError(stream.error),
    refusal,
    send,
    lost,
    onLost,
    answer,
    approval,
    undo,
    queue,
    takeBack,
    ...stopping,
    ...branches,
    isPlanAgent: "decisions" in (stream.values ?? {}),
    askAgain,
    forkFrom: askAgain && ((checkpointId) => stream.submit(null, { forkFrom: checkpointId })),
    stream,
    retry: () => stream.submit(null),
    stop: () => stream.stop(),
  };
}

function toTitle(text: string): string {
  return text.length > titleLength ? `${text.slice(0, titleLength - 1)}…` : text;
}
