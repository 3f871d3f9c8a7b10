import { type AnyStream, STREAM_CONTROLLER } from "@langchain/react";
import { refresh } from "countersign/react";
import { useCallback, useEffect, useRef, useState } from "react";
import { hasMessage, startRun } from "../lib/api.ts";
import { hadNoReply, showTaken, takeOut, toWords } from "../lib/untaken.ts";

const key = "countersign.draft.sending";

/** A message that is on its way, or was not taken. */
interface Unsent {
  threadId: string | null;
  text: string;
  id: string;
  /** The thread begins with it, on this page: the stock hook looks at such a one only after a run of its own. */
  isFirst?: boolean;
}

export interface Send {
  /** Sends a message. @throws with why it was not taken, in words; the text is then the caller's to keep. */
  send: (text: string, options: { setAside: boolean }) => Promise<void>;
  /** The error of the stream that a failed message has left: its sender was told. */
  failure: unknown;
  /** To be called when the server has taken a run. */
  taken: () => void;
  /** The thread that was to begin with a message which was on its way when the page was left: it may not be there. */
  begun: string | null;
  /** A message of this thread that was on its way when the page was left, and has not arrived. */
  lost: string | null;
  /** To be called when it is where it can be seen. */
  onLost: () => void;
}

/**
 * Sends messages that are taken once, however often they must be tried: the same text, tried again after it failed,
 * carries the same id and the same key; where the reply was lost, it is tried again at once.
 *
 * The stock `submit` neither rejects nor tells a message that was not taken from a run that failed later.
 */
export function useSend(stream: AnyStream, graphId: string): Send {
  const [failure, setFailure] = useState<unknown>(null);
  const unsent = useRef<Unsent | null>(null);
  const isSending = useRef(false);
  const controller = stream[STREAM_CONTROLLER];
  const { lost, onLost, begun } = useLost(stream.threadId, (found) => {
    if (isSending.current) return false;
    unsent.current = found;
    return true;
  });
  const taken = useCallback(() => {
    isSending.current = false;
    unsent.current = null;
    sessionStorage.removeItem(key);
  }, []);

  /** Returns what went wrong, or null for a message that was taken. */
  const submit = useCallback(
    async ({ text, id }: Pick<Unsent, "text" | "id">, setAside: boolean): Promise<unknown> => {
      let problem: unknown = null;
      isSending.current = true;
      const run = stream.submit({ messages: [{ type: "human", content: text, id }] } as never, {
        metadata: { idempotency_key: id },
        ...(setAside ? { multitaskStrategy: "interrupt" as const } : {}),
        onError: (error: unknown) => {
          problem = error;
        },
      });
      const isFirst = unsent.current?.isFirst ?? false;
      // A thread that begins with this message has its id by now.
      unsent.current = { threadId: controller.rootStore.getSnapshot().threadId, text, id, isFirst };
      keep(unsent.current);
      await run;
      const wasTaken = !isSending.current;
      isSending.current = false;
      if (problem === null || wasTaken) return null;
      setFailure(problem);
      return problem;
    },
    [stream.submit, controller],
  );
  const sendAgain = useCallback(
    async (message: Unsent, setAside: boolean) => {
      const { threadId, text, id } = message;
      if (threadId === null || message.isFirst) {
        const problem = await submit(message, setAside);
        if (problem !== null) throw problem;
        return;
      }
      await startRun({ threadId, graphId, text, id, setAside });
      taken();
      await showTaken(controller);
    },
    [submit, controller, graphId, taken],
  );
  const send = useCallback(
    async (text: string, { setAside }: { setAside: boolean }) => {
      const before = controller.rootStore.getSnapshot().threadId;
      const again =
        unsent.current?.threadId === before && unsent.current.text === text ? unsent.current : null;
      if (again !== null) return sendAgain(again, setAside).catch(toWords);
      const mine = { threadId: before, text, id: crypto.randomUUID(), isFirst: before === null };
      unsent.current = mine;
      const problem = await submit(mine, setAside);
      if (problem === null) return;
      if (hadNoReply(problem) && unsent.current !== null) {
        return sendAgain(unsent.current, setAside).catch((error: unknown) => {
          takeOut(controller, mine.id);
          // Once there is a network again: where the thread really stands.
          window.addEventListener("online", () => void refresh(controller), { once: true });
          toWords(error);
        });
      }
      sessionStorage.removeItem(key);
      // Shows where the thread really stands: what was open is open.
      await refresh(controller);
      toWords(problem);
    },
    [submit, controller, sendAgain],
  );
  return { send, failure, taken, begun, lost, onLost };
}

/** One that is too long to be kept is still sent. */
function keep(message: Unsent): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(message));
  } catch {
    sessionStorage.removeItem(key);
  }
}

/**
 * Looks, when a thread is opened, for a message that was on its way to it when the page was left.
 *
 * @param accept - Whether what is found is to be given back.
 */
function useLost(
  threadId: string | null,
  accept: (found: Unsent) => boolean,
): Pick<Send, "lost" | "onLost" | "begun"> {
  const [begun, setBegun] = useState(() => {
    const found = readUnsent();
    return found?.isFirst ? found.threadId : null;
  });
  const [lost, setLost] = useState<string | null>(null);
  const latest = useRef(accept);
  latest.current = accept;
  useEffect(() => {
    const found = readUnsent();
    if (found === null || found.threadId !== threadId || !latest.current(found)) return;
    let isGone = false;
    const { text, id } = found;
    const hasCome = threadId === null ? Promise.resolve(false) : hasMessage(threadId, id);
    void hasCome
      .catch(() => false)
      .then((isThere) => {
        if (isGone) return;
        sessionStorage.removeItem(key);
        if (isThere) setBegun(null);
        else setLost(text);
      });
    return () => {
      isGone = true;
    };
  }, [threadId]);
  return { begun, lost, onLost: useCallback(() => setLost(null), []) };
}

function readUnsent(): Unsent | null {
  return JSON.parse(sessionStorage.getItem(key) ?? "null") as Unsent | null;
}
