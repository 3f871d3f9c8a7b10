import { useEffect, useState } from "react";

/** How many items have come since the person scrolled away from the end. */
export function useNewer(items: readonly { id: string }[], isAway: boolean): number {
  const last = items.at(-1)?.id ?? null;
  const [seen, setSeen] = useState(last);
  useEffect(() => {
    if (!isAway) setSeen(last);
  }, [isAway, last]);
  if (!isAway) return 0;
  const at = items.findIndex(({ id }) => id === seen);
  return at === -1 ? 0 : items.length - 1 - at;
}
