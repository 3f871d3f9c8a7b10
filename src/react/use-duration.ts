import { useEffect, useState } from "react";
import { useNow } from "./use-now.ts";

/** When something was first and last seen going on, on this page: nobody else has written it down. */
const seen = new Map<string, { from: number; to: number | null }>();

/** How long something has been going on, in ms, as far as this page has seen it; null when it has not. */
export function useDuration(id: string, isOver: boolean): number | null {
  const [, setKnown] = useState(0);
  const now = useNow(!isOver && seen.has(id), 500);
  useEffect(() => {
    const known = seen.get(id);
    if (!isOver && known === undefined) seen.set(id, { from: Date.now(), to: null });
    else if (isOver && known?.to === null) seen.set(id, { ...known, to: Date.now() });
    else return;
    setKnown((count) => count + 1);
  }, [id, isOver]);
  const known = seen.get(id);
  return known === undefined ? null : Math.max(0, (known.to ?? now) - known.from);
}
