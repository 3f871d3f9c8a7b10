import { useEffect, useState } from "react";

/** The time, again every `everyMs` while `isOn`. */
export function useNow(isOn: boolean, everyMs = 250): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!isOn) return;
    const timer = window.setInterval(() => setNow(Date.now()), everyMs);
    return () => window.clearInterval(timer);
  }, [isOn, everyMs]);
  return now;
}
