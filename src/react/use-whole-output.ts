import { useState } from "react";
import { useCountersign } from "./countersign.tsx";
import { useThreadOfQuestions } from "./question-context.ts";
import { describeError } from "./refusals.ts";
import { toOutputText } from "./steps.ts";
import { words } from "./words.ts";

interface WholeOutput {
  /** Null until it is here. */
  whole: string | null;
  isFetching: boolean;
  /** Why it is not to be had. */
  problem: string | null;
  /** Undefined where there is nothing to ask for. */
  fetchWhole: (() => void) | undefined;
}

/** The whole of an output of which the state holds the beginning, from the server's record of the call. */
export function useWholeOutput(effect: string | undefined): WholeOutput {
  const threadId = useThreadOfQuestions();
  const { client } = useCountersign();
  const [whole, setWhole] = useState<string | null>(null);
  const [isFetching, setFetching] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  if (threadId === null || effect === undefined) {
    return { whole, isFetching, problem, fetchWhole: undefined };
  }
  const fetchWhole = () => {
    setFetching(true);
    client
      .findEffect(threadId, effect)
      .then((found) => {
        if (found === null) setProblem(words.output.gone);
        else setWhole(toOutputText(found.result));
      })
      .catch((error: unknown) => setProblem(describeError(error)))
      .finally(() => setFetching(false));
  };
  return { whole, isFetching, problem, fetchWhole };
}
