import { useCallback, useEffect, useRef, useState } from "react";
import { headlineOf } from "../conversation/questions.ts";
import { hashOfQuestion } from "../hooks/use-route.ts";
import type { InboxEntry } from "./use-inbox.ts";

const key = "countersign.notify";

export interface Notifications {
  /** `refused`: the person has told the browser not to, and only there it can be changed. */
  state: "on" | "off" | "refused" | "unsupported";
  toggle: () => Promise<void>;
}

/** Notifications of the operating system about questions that open while the page is hidden. Off until asked for. */
export function useNotifications(entries: readonly InboxEntry[] | null): Notifications {
  const [isWanted, setWanted] = useState(() => localStorage.getItem(key) === "on");
  const known = useRef<Set<string> | null>(null);
  const isSupported = "Notification" in window;
  const permission = isSupported ? Notification.permission : "denied";
  const isOn = isWanted && permission === "granted";

  useEffect(() => {
    if (entries === null) return;
    const before = known.current;
    known.current = new Set(entries.map(({ question }) => question.interruptId));
    // What was there when the page opened is no news.
    if (before === null || !isOn || document.visibilityState === "visible") return;
    for (const { threadId, threadTitle, question } of entries) {
      if (before.has(question.interruptId)) continue;
      const shown = new Notification(headlineOf(question), { body: threadTitle, tag: question.interruptId });
      shown.onclick = () => {
        window.focus();
        window.location.hash = hashOfQuestion(threadId, question.interruptId);
      };
    }
  }, [entries, isOn]);

  const toggle = useCallback(async () => {
    const next = !isOn && (await Notification.requestPermission()) === "granted";
    if (next) localStorage.setItem(key, "on");
    else localStorage.removeItem(key);
    setWanted(next);
  }, [isOn]);

  const state = !isSupported ? "unsupported" : isOn ? "on" : permission === "denied" ? "refused" : "off";
  return { state, toggle };
}
