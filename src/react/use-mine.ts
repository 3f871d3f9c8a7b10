import { useEffect, useState } from "react";
import { useCountersign } from "./countersign.tsx";
import type { InboxEntry } from "./use-inbox.ts";

/**
 * The questions that the person may answer, by interrupt id, as the server knows the person; asked again whenever
 * the questions change. Null while it is off, or not known.
 */
export function useMine(isOn: boolean, entries: readonly InboxEntry[]): ReadonlySet<string> | null {
  const [mine, setMine] = useState<ReadonlySet<string> | null>(null);
  const { client } = useCountersign();
  // biome-ignore lint/correctness/useExhaustiveDependencies: other questions, another answer
  useEffect(() => {
    let isGone = false;
    if (isOn) {
      client.listOpenQuestions({ isMine: true }).then(
        (items) => isGone || setMine(new Set(items.map(({ interruptId }) => interruptId))),
        () => {}, // that the server cannot be asked is said of the questions themselves
      );
    }
    return () => {
      isGone = true;
    };
  }, [client, isOn, entries]);
  return isOn ? mine : null;
}
