import { describeError } from "countersign/react";
import { useEffect, useState } from "react";
import { getValues } from "../lib/history.ts";

type Values = Record<string, unknown>;

/** What checkpoints held never changes. */
const known = new Map<string, Promise<Values>>();
const maxKnown = 20;

/** What a checkpoint held; null until it is here. Nothing, for no checkpoint. */
export function useValues(
  threadId: string,
  checkpointId: string | null,
): { values: Values | null; error: string | null } {
  const [found, setFound] = useState<{ id: string; values: Values } | null>(null);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    if (checkpointId === null) return;
    let isGone = false;
    setError(null);
    read(threadId, checkpointId).then(
      (values) => !isGone && setFound({ id: checkpointId, values }),
      (problem: unknown) => !isGone && setError(describeError(problem)),
    );
    return () => {
      isGone = true;
    };
  }, [threadId, checkpointId]);
  if (checkpointId === null) return { values: nothing, error: null };
  return { values: found?.id === checkpointId ? found.values : null, error };
}

const nothing: Values = {};

function read(threadId: string, checkpointId: string): Promise<Values> {
  const key = `${threadId}/${checkpointId}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const values = getValues(threadId, checkpointId);
  known.set(key, values);
  values.catch(() => known.delete(key));
  for (const oldest of known.keys()) {
    if (known.size <= maxKnown) break;
    known.delete(oldest);
  }
  return values;
}
