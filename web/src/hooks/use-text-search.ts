import { useEffect, useState } from "react";
import { searchTexts, type TextHit } from "../lib/api.ts";

/** Ms without another letter before it is looked for. */
const settleMs = 250;
/** Letters from which texts are looked through. */
const minLength = 2;

export interface TextSearch {
  /** Null while nothing is looked for, or the server cannot. */
  hits: TextHit[] | null;
  isSearching: boolean;
  hasFailed: boolean;
  /** Looks further; undefined at the end. */
  more: (() => void) | undefined;
}

interface Found {
  query: string;
  hits: TextHit[];
  next: string | null;
}

/**
 * Looks for a text in the messages of all threads, page by page. A page that found nothing has only looked through
 * a part of them, so that the next one is asked for by itself.
 */
export function useTextSearch(wanted: string): TextSearch {
  const query = wanted.trim();
  const [found, setFound] = useState<Found | null>(null);
  const [page, setPage] = useState(0);
  const [isSearching, setSearching] = useState(false);
  const [hasFailed, setFailed] = useState(false);
  const [isAbsent, setAbsent] = useState(false);
  const isWanted = query.length >= minLength && !isAbsent;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another page is looked for from where the last one ended
  useEffect(() => {
    if (!isWanted) {
      setFound(null);
      setSearching(false);
      return;
    }
    const stop = new AbortController();
    const known = found?.query === query ? found : null;
    setSearching(true);
    setFailed(false);
    const timer = window.setTimeout(
      async () => {
        try {
          const result = await searchOn(query, known, stop.signal);
          if (stop.signal.aborted) return;
          if (result === null) setAbsent(true);
          setFound(result);
        } catch {
          if (!stop.signal.aborted) setFailed(true);
        }
        if (!stop.signal.aborted) setSearching(false);
      },
      known === null ? settleMs : 0,
    );
    return () => {
      stop.abort();
      window.clearTimeout(timer);
    };
  }, [query, page, isWanted]);

  const isOfThis = found?.query === query;
  return {
    hits: isWanted && isOfThis ? found.hits : null,
    isSearching: isWanted && isSearching,
    hasFailed: isWanted && hasFailed,
    more: isOfThis && found.next !== null && !isSearching ? () => setPage(page + 1) : undefined,
  };
}

async function searchOn(query: string, known: Found | null, signal: AbortSignal): Promise<Found | null> {
  const hits = [...(known?.hits ?? [])];
  let next = known?.next ?? null;
  do {
    const reply = await searchTexts(query, next, signal);
    if (reply === null) return null;
    hits.push(...reply.hits);
    next = reply.next;
  } while (next !== null && hits.length === (known?.hits.length ?? 0) && !signal.aborted);
  return { query, hits, next };
}
