import { type AnyStream, STREAM_CONTROLLER } from "@langchain/react";
import { useCallback } from "react";
import { findForkPoint } from "./find-fork-point.ts";

/**
 * Says a message differently: the thread goes on from before it. Undefined while that is not possible: something
 * runs, or a question is open.
 */
export function useAskAgain(
  stream: AnyStream,
): ((messageId: string, text: string) => Promise<void>) | undefined {
  const controller = stream[STREAM_CONTROLLER];
  const askAgain = useCallback(
    async (messageId: string, text: string) => {
      const { threadId } = controller.rootStore.getSnapshot();
      const forkFrom = threadId === null ? undefined : await findForkPoint(threadId, messageId);
      if (forkFrom === undefined) throw new Error("This message is too far back to be said differently.");
      const message = { type: "human", content: text, id: crypto.randomUUID() };
      await stream.submit({ messages: [message] } as never, { forkFrom });
    },
    [stream.submit, controller],
  );
  return stream.isLoading || stream.interrupts.length > 0 ? undefined : askAgain;
}
