import { useEffect, useState } from "react";
import { useCountersign } from "./countersign.tsx";
import type { Viewer } from "./plan-requests.ts";
import { useThreadOfQuestions } from "./question-context.ts";

const everyMs = 4_000;

/** Others who have the thread open, looked up every few seconds while `isOn` and the page is to be seen. */
export function useViewers(isOn: boolean): readonly Viewer[] {
  const { client, me } = useCountersign();
  const threadId = useThreadOfQuestions();
  const [viewers, setViewers] = useState<readonly Viewer[]>([]);
  useEffect(() => {
    if (!isOn || threadId === null || me === undefined) return;
    let timer: number | undefined;
    let isGone = false;
    const look = async () => {
      window.clearTimeout(timer);
      // A server that does not answer just now says nothing new; one that does not know is not asked again.
      const found = await client.listViewers(threadId).catch(() => undefined);
      if (isGone || found === null) return;
      if (found !== undefined) {
        const others = found.filter(({ id }) => id !== me);
        setViewers((before) => (JSON.stringify(before) === JSON.stringify(others) ? before : others));
      }
      if (document.visibilityState === "visible") timer = window.setTimeout(look, everyMs);
    };
    const onVisible = () => {
      if (document.visibilityState === "visible") void look();
    };
    void look();
    document.addEventListener("visibilitychange", onVisible);
    return () => {
      isGone = true;
      window.clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisible);
      setViewers([]);
    };
  }, [client, me, threadId, isOn]);
  return viewers;
}
