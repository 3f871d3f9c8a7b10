import { useEffect, useState } from "react";
import { useCountersign } from "./countersign.tsx";
import type { QuestionDetails } from "./questions.ts";

const retryMs = 1_000;
const maxTries = 5;

/**
 * What the stream does not say of the open questions of a thread, by interrupt id. A question that the server
 * does not tell of, also when asked again, has null.
 */
export function useQuestionDetails(
  threadId: string | null,
  interruptIds: readonly string[],
): ReadonlyMap<string, QuestionDetails | null> {
  const [known, setKnown] = useState<ReadonlyMap<string, QuestionDetails | null>>(new Map());
  const { client } = useCountersign();
  const wanted = JSON.stringify(interruptIds);
  useEffect(() => {
    const ids = JSON.parse(wanted) as string[];
    if (threadId === null || ids.length === 0) return;
    let tries = 0;
    let isGone = false;
    let timer: number | undefined;
    const look = async () => {
      tries += 1;
      const found = await client.listOpenQuestions({ threadId }).catch(() => null);
      if (isGone) return;
      const details = new Map<string, QuestionDetails | null>(
        found?.map(({ interruptId, details: more }) => [interruptId, more]) ?? [],
      );
      const isWhole = ids.every((id) => details.has(id));
      if (!isWhole && tries < maxTries) {
        timer = window.setTimeout(look, retryMs);
        if (found === null) return;
      }
      if (!isWhole && tries >= maxTries) {
        for (const id of ids) if (!details.has(id)) details.set(id, null);
      }
      setKnown(details);
    };
    void look();
    return () => {
      isGone = true;
      window.clearTimeout(timer);
    };
  }, [client, threadId, wanted]);
  return known;
}
