import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { deleteThread, listThreads, setArchived, setTitle, type ThreadSummary } from "../lib/api.ts";

const pollMs = 3_000;

/**
 * The threads of the app, newest first, page by page; the first page is looked up again every few seconds while the
 * page is visible.
 */
export function useThreads(): {
  threads: ThreadSummary[] | null;
  /** There are older ones that are not listed yet. */
  hasMore: boolean;
  loadMore: () => Promise<void>;
  isOffline: boolean;
  refresh: () => Promise<void>;
  /** `leave` is called when it is deleted, before the list is without it. */
  remove: (id: string, leave: () => void) => Promise<void>;
  /** This one was deleted elsewhere. */
  forget: (id: string) => Promise<void>;
  rename: (id: string, title: string) => Promise<void>;
  archive: (id: string, isArchived: boolean) => Promise<void>;
} {
  const [threads, setThreads] = useState<ThreadSummary[] | null>(null);
  const [older, setOlder] = useState<ThreadSummary[]>([]);
  const [hasMore, setMore] = useState(false);
  const [isOffline, setOffline] = useState(false);
  const hasOlder = older.length > 0;
  const newest = useRef<ThreadSummary[]>([]);

  const refresh = useCallback(async () => {
    try {
      const found = await listThreads();
      const before = newest.current;
      newest.current = found.threads;
      setThreads((shown) =>
        JSON.stringify(shown) === JSON.stringify(found.threads) ? shown : found.threads,
      );
      setOffline(false);
      if (hasOlder && found.hasMore && isNextTo(before, found.threads)) {
        setOlder((known) => withPushedOut(known, before, found.threads));
      } else {
        setOlder((known) => (known.length === 0 ? known : []));
        setMore(found.hasMore);
      }
    } catch {
      setOffline(true);
    }
  }, [hasOlder]);

  const listed = useMemo(() => threads && join(threads, older), [threads, older]);
  const loadMore = useCallback(async () => {
    const found = await listThreads(listed?.length ?? 0);
    setOlder((before) => [...before, ...found.threads]);
    setMore(found.hasMore);
  }, [listed]);

  useEffect(() => {
    let timer: number | undefined;
    const tick = async () => {
      if (document.visibilityState === "visible") await refresh();
      timer = window.setTimeout(tick, pollMs);
    };
    const onVisible = () => void refresh();
    void tick();
    document.addEventListener("visibilitychange", onVisible);
    return () => {
      window.clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }, [refresh]);

  const forget = useCallback(
    async (id: string) => {
      setOlder((before) => before.filter((one) => one.id !== id));
      await refresh();
    },
    [refresh],
  );
  const remove = useCallback(
    async (id: string, leave: () => void) => {
      await deleteThread(id);
      leave();
      await forget(id);
    },
    [forget],
  );

  const rename = useCallback(
    async (id: string, title: string) => {
      await setTitle(id, title);
      setOlder((before) => before.map((one) => (one.id === id ? { ...one, title } : one)));
      await refresh();
    },
    [refresh],
  );
  const archive = useCallback(
    async (id: string, isArchived: boolean) => {
      await setArchived(id, isArchived);
      setOlder((before) => before.map((one) => (one.id === id ? { ...one, isArchived } : one)));
      await refresh();
    },
    [refresh],
  );

  return { threads: listed, hasMore, loadMore, isOffline, refresh, remove, forget, rename, archive };
}

/** What changed last is in front, so that one of the older ones may come again among the newest. */
function join(newest: ThreadSummary[], older: ThreadSummary[]): ThreadSummary[] {
  const known = new Set(newest.map(({ id }) => id));
  return [...newest, ...older.filter(({ id }, at) => !known.has(id) && firstOf(older, id) === at)];
}

/** False when so much has changed that there may be threads between the two that nobody has seen. */
function isNextTo(before: readonly ThreadSummary[], now: readonly ThreadSummary[]): boolean {
  return before.some(({ id }) => firstOf(now, id) !== -1);
}

/** With those that are not among the newest any more, since others are; the rest of what is missing is deleted. */
function withPushedOut(
  older: ThreadSummary[],
  before: readonly ThreadSummary[],
  now: readonly ThreadSummary[],
): ThreadSummary[] {
  const last = now.at(-1)?.updatedAt ?? "";
  const pushedOut = before.filter(({ id, updatedAt }) => updatedAt <= last && firstOf(now, id) === -1);
  return pushedOut.length === 0 ? older : [...pushedOut, ...older];
}

function firstOf(threads: readonly ThreadSummary[], wanted: string): number {
  return threads.findIndex(({ id }) => id === wanted);
}
