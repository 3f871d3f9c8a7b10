import { type AnyStream, STREAM_CONTROLLER } from "@langchain/react";
import type { PlanAnswer } from "countersign/agent";
import { useCallback, useEffect, useState } from "react";
import { useCountersign } from "./countersign.tsx";
import { isPlanReview } from "./questions.ts";
import { refresh } from "./refresh.ts";
import { describeError, describeRefusal, isRefusal } from "./refusals.ts";
import { type Approval, secondsToHold } from "./use-approval.ts";
import { useDraft } from "./use-draft.ts";

export interface Answering {
  /** Answers these questions at once, by interrupt id: all are taken, or none. @throws with a reason in words. */
  answer: (answers: Readonly<Record<string, unknown>>) => Promise<void>;
  /** Why the last answer did not count, when its card is gone. */
  refusal: string | null;
  clearRefusal: () => void;
  /** Why the last answer did not arrive: its own card says so, as long as it is there. */
  failure: unknown;
  /** True from when an answer is given until the run that goes on with it is heard of. */
  isUnderway: boolean;
  /** The approval of a plan that was given here last, until something else is said. */
  approval: Approval | null;
  /** Takes it back. @throws with why that is too late, in words. */
  undo: () => Promise<void>;
}

/**
 * Answers the open questions of a thread. Of many who answer at once one wins; the others get to know who it was:
 * `refusal`, once the card is gone.
 */
export function useAnswer(stream: AnyStream): Answering {
  const [refusal, setRefusal] = useState<string | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [isUnderway, setUnderway] = useState(false);
  const controller = stream[STREAM_CONTROLLER];
  const thread = stream.getThread();
  useEffect(() => {
    setUnderway(false);
    return thread?.onEvent(({ method, params }) => {
      if (method === "lifecycle" && params.namespace.length === 0) setUnderway(false);
    });
  }, [thread]);
  const { client } = useCountersign();
  const [approval = null, setApproval] = useDraft<Approval>(`approval.${stream.threadId}`);
  // Once a plan is asked about anew there is nothing left to take back.
  const isAskedAnew = stream.interrupts.some(
    ({ id, value }) =>
      id !== approval?.interruptId && isPlanReview(value) && value.plan.id === approval?.planId,
  );
  useEffect(() => {
    if (isAskedAnew) setApproval(undefined);
  }, [isAskedAnew, setApproval]);
  const answer = useCallback(
    async (answers: Readonly<Record<string, unknown>>) => {
      setRefusal(null);
      setUnderway(true);
      const ids = Object.keys(answers);
      const { given, seconds } = approvalIn(answers, controller.rootStore.getSnapshot().interrupts);
      const letGo = seconds > 0 ? holdNext(controller.getThread(), seconds) : undefined;
      try {
        if (ids[0] !== undefined && ids.length === 1) {
          await stream.respond(answers[ids[0]], { interruptId: ids[0] });
        } else await stream.respondAll({ ...answers });
        setApproval(given && { ...given, startsAt: seconds > 0 ? Date.now() + seconds * 1_000 : null });
      } catch (error) {
        setUnderway(false);
        setFailure(error);
        // Somebody else was first, or the question is gone: show where the thread really stands.
        if (isRefusal(error)) await refresh(controller);
        const reason = describeRefusal(error);
        const isOpen = controller.rootStore.getSnapshot().interrupts.some(({ id = "" }) => ids.includes(id));
        if (!isOpen) setRefusal(reason);
        throw new Error(reason);
      } finally {
        letGo?.();
      }
    },
    [stream.respond, stream.respondAll, controller, setApproval],
  );
  const { threadId } = stream;
  const undo = useCallback(async () => {
    if (approval === null || threadId === null) return;
    try {
      await client.undoAnswer({ threadId, interruptId: approval.interruptId });
    } catch (error) {
      throw new Error(describeError(error));
    }
    setApproval(undefined);
    await refresh(controller);
  }, [client, controller, threadId, approval, setApproval]);
  const clearRefusal = useCallback(() => setRefusal(null), []);
  return { answer, refusal, clearRefusal, failure, isUnderway, approval, undo };
}

/** The approval of a plan among these answers, and how long it is to be held back. */
function approvalIn(
  answers: Readonly<Record<string, unknown>>,
  open: readonly { id?: string | undefined; value?: unknown }[],
): { given: Omit<Approval, "startsAt"> | undefined; seconds: number } {
  const [interruptId = "", ...others] = Object.keys(answers);
  const value = open.find(({ id }) => id === interruptId)?.value;
  const answer = answers[interruptId] as PlanAnswer | undefined;
  const isApproval = answer?.type === "approve" || answer?.type === "edit";
  if (others.length > 0 || !isApproval || !isPlanReview(value)) return { given: undefined, seconds: 0 };
  const isEdit = answer.type === "edit";
  const given = { interruptId, planId: value.plan.id, isEdit, done: value.done ?? [] };
  return { given, seconds: secondsToHold(value, answer) };
}

/**
 * The stock hook's `respond` has no place for it: the next answer that goes out says that it is to be held back.
 *
 * @returns Its undo.
 */
function holdNext(thread: ReturnType<AnyStream["getThread"]>, seconds: number): () => void {
  if (thread === undefined) return () => {};
  const { respondInput } = thread;
  const letGo = () => {
    thread.respondInput = respondInput;
  };
  thread.respondInput = (params, options) => {
    letGo();
    return respondInput.call(thread, Object.assign({}, params, { after_seconds: seconds }), options);
  };
  return letGo;
}
