import { type AnyStream, STREAM_CONTROLLER } from "@langchain/react";
import { useCallback, useEffect, useState } from "react";
import { describeRefusal, isRefusal } from "../lib/api.ts";

interface Answering {
  /** Answers these questions at once, by interrupt id: all are taken, or none. @throws with a reason in words. */
  answer: (answers: Readonly<Record<string, unknown>>) => Promise<void>;
  /** Why the last answer did not count, when its card is gone. */
  refusal: string | null;
  clearRefusal: () => void;
  /** Why the last answer did not arrive: its own card says so, as long as it is there. */
  failure: unknown;
  /** True from when an answer is given until the run that goes on with it is heard of. */
  isUnderway: boolean;
}

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
  const answer = useCallback(
    async (answers: Readonly<Record<string, unknown>>) => {
      setRefusal(null);
      setUnderway(true);
      const ids = Object.keys(answers);
      try {
        if (ids[0] !== undefined && ids.length === 1) {
          await stream.respond(answers[ids[0]], { interruptId: ids[0] });
        } else await stream.respondAll({ ...answers });
      } catch (error) {
        setUnderway(false);
        setFailure(error);
        // Somebody else was first, or the question is gone: show where the thread really stands.
        if (isRefusal(error)) await controller.hydrate();
        const reason = describeRefusal(error);
        const isOpen = controller.rootStore.getSnapshot().interrupts.some(({ id = "" }) => ids.includes(id));
        if (!isOpen) setRefusal(reason);
        throw new Error(reason);
      }
    },
    [stream.respond, stream.respondAll, controller],
  );
  return { answer, refusal, clearRefusal: useCallback(() => setRefusal(null), []), failure, isUnderway };
}
