import { useCallback, useEffect, useState } from "react";
import { deleteThread, listThreads, setArchived, setTitle, type ThreadSummary } from "../lib/api.ts";

const pollMs = 3_000;

/** The threads of the app, newest first; looked up again every few seconds while the page is visible. */
export function useThreads(): {
  threads: ThreadSummary[] | null;
  isOffline: boolean;
  refresh: () => Promise<void>;
  remove: (id: string) => Promise<void>;
  rename: (id: string, title: string) => Promise<void>;
  archive: (id: string, isArchived: boolean) => Promise<void>;
} {
  const [threads, setThreads] = useState<ThreadSummary[] | null>(null);
  const [isOffline, setOffline] = useState(false);

  const refresh = useCallback(async () => {
    try {
      const found = await listThreads();
      setThreads((before) => (JSON.stringify(before) === JSON.stringify(found) ? before : found));
      setOffline(false);
    } catch {
      setOffline(true);
    }
  }, []);

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

  const remove = useCallback(
    async (id: string) => {
      await deleteThread(id);
      await refresh();
    },
    [refresh],
  );

  const rename = useCallback(
    async (id: string, title: string) => {
      await setTitle(id, title);
      await refresh();
    },
    [refresh],
  );
  const archive = useCallback(
    async (id: string, isArchived: boolean) => {
      await setArchived(id, isArchived);
      await refresh();
    },
    [refresh],
  );

  return { threads, isOffline, refresh, remove, rename, archive };
}
