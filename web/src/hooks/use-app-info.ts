import { useCallback, useEffect, useState } from "react";
import { type AppInfo, getAppInfo } from "../lib/api.ts";
import { onLoginChange } from "../lib/watched-fetch.ts";

const retryMs = 2_000;

export interface AppState {
  /** What the server runs on; null until it has said so. */
  info: AppInfo | null;
  /** The server asks who the person is: at the door, or again when a login has ended. */
  needsLogin: boolean;
  isUnreachable: boolean;
  refresh: () => Promise<void>;
}

/** What the server runs on, asked until it answers, and whether it lets the person in. */
export function useAppInfo(): AppState {
  const [info, setInfo] = useState<AppInfo | null>(null);
  const [needsLogin, setNeedsLogin] = useState(false);
  const [failures, setFailures] = useState(0);
  const refresh = useCallback(async () => {
    const result = await getAppInfo();
    if (result.type === "ready") setInfo(result.info);
    if (result.type === "unreachable") setFailures((before) => before + 1);
    else setNeedsLogin(result.type === "login");
  }, []);
  useEffect(() => {
    if (info !== null || needsLogin) return;
    const timer = window.setTimeout(() => void refresh(), failures === 0 ? 0 : retryMs);
    return () => window.clearTimeout(timer);
  }, [info, needsLogin, failures, refresh]);
  useEffect(() => onLoginChange(setNeedsLogin), []);
  return { info, needsLogin, isUnreachable: failures > 0, refresh };
}
