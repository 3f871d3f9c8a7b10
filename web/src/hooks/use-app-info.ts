import { useCallback, useEffect, useState } from "react";
import { type AppInfoResult, getAppInfo } from "../lib/api.ts";

const retryMs = 2_000;

/** What the server runs on; asked again until it answers. */
export function useAppInfo(): { result: AppInfoResult | null; refresh: () => Promise<void> } {
  const [result, setResult] = useState<AppInfoResult | null>(null);
  const refresh = useCallback(async () => setResult(await getAppInfo()), []);
  useEffect(() => {
    if (result !== null && result.type !== "unreachable") return;
    const timer = window.setTimeout(() => void refresh(), result === null ? 0 : retryMs);
    return () => window.clearTimeout(timer);
  }, [result, refresh]);
  return { result, refresh };
}
