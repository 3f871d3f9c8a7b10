import { useCallback, useEffect, useState } from "react";

/** The thread in the address (`#/t/<id>`), and how to go to one; null is a new chat. */
export function useRoute(): [threadId: string | null, goTo: (threadId: string | null) => void] {
  const [threadId, setThreadId] = useState(readHash);
  useEffect(() => {
    const changed = () => setThreadId(readHash());
    window.addEventListener("hashchange", changed);
    return () => window.removeEventListener("hashchange", changed);
  }, []);
  const goTo = useCallback((id: string | null) => {
    const hash = id === null ? "#/" : `#/t/${encodeURIComponent(id)}`;
    if (window.location.hash !== hash) window.location.hash = hash;
  }, []);
  return [threadId, goTo];
}

function readHash(): string | null {
  const match = window.location.hash.match(/^#\/t\/([^/]+)$/);
  return match?.[1] ? decodeURIComponent(match[1]) : null;
}
