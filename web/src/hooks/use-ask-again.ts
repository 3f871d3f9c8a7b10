import { type AnyStream, STREAM_CONTROLLER } from "@langchain/react";
import { refresh } from "countersign/react";
import { useCallback, useRef, useState } from "react";
import { startRun } from "../lib/api.ts";
import { hadNoReply, showTaken, takeOut, toWords } from "../lib/untaken.ts";
import { words } from "../words.ts";
import { findForkPoint } from "./find-fork-point.ts";

interface Attempt {
  threadId: string;
  messageId: string;
  text: string;
  /** Of the new message; tried again, it carries the same one, so that it is taken once. */
  id: string;
  forkFrom: string;
}

/** Resolves when the server has taken it. @throws with why it was not, in words; the text is then the caller's to keep. */
export type AskAgain = (messageId: string, text: string) => Promise<void>;

/** Says a message differently: the thread goes on from before it. */
export function useAskAgain(
  stream: AnyStream,
  graphId: string,
): {
  /** Undefined while that is not possible: something runs, or a question is open. */
  askAgain: AskAgain | undefined;
  /** The error of the stream that one which was not taken has left: whoever wrote it was told. */
  failure: unknown;
  /** To be called when the server has taken a run. */
  takenAgain: () => void;
} {
  const controller = stream[STREAM_CONTROLLER];
  const [failure, setFailure] = useState<unknown>(null);
  const attempt = useRef<Attempt | null>(null);
  const onTaken = useRef(() => {});
  const takenAgain = useCallback(() => onTaken.current(), []);
  /** For one of which it is not known whether it was taken: under its id it is taken once. */
  const tryAgain = useCallback(
    async (mine: Attempt) => {
      try {
        await startRun({ ...mine, graphId });
      } catch (error) {
        takeOut(controller, mine.id);
        toWords(error);
      }
      attempt.current = null;
      await showTaken(controller);
    },
    [controller, graphId],
  );
  const askAgain = useCallback(
    async (messageId: string, text: string) => {
      const tried = attempt.current;
      if (tried?.messageId === messageId && tried.text === text) return tryAgain(tried);
      const mine = await newAttempt(controller, messageId, text);
      attempt.current = mine;
      let problem: unknown = null;
      const taken = new Promise<void>((resolve) => {
        onTaken.current = resolve;
      });
      const { id, forkFrom } = mine;
      const ended = stream.submit({ messages: [{ type: "human", content: text, id }] } as never, {
        forkFrom,
        metadata: { idempotency_key: id },
        onError: (error: unknown) => {
          problem = error;
        },
      });
      await Promise.race([taken, ended]);
      onTaken.current = () => {};
      setFailure(problem);
      if (hadNoReply(problem)) return tryAgain(mine);
      attempt.current = null;
      if (problem === null) return;
      await refresh(controller);
      toWords(problem);
    },
    [stream.submit, controller, tryAgain],
  );
  const isFree = !stream.isLoading && stream.interrupts.length === 0;
  return { askAgain: isFree ? askAgain : undefined, failure, takenAgain };
}

async function newAttempt(
  controller: AnyStream[typeof STREAM_CONTROLLER],
  messageId: string,
  text: string,
): Promise<Attempt> {
  const { threadId } = controller.rootStore.getSnapshot();
  const forkFrom = threadId === null ? undefined : await findForkPoint(threadId, messageId);
  if (threadId === null || forkFrom === undefined) throw new Error(words.message.tooFar);
  return { threadId, messageId, text, id: crypto.randomUUID(), forkFrom };
}
