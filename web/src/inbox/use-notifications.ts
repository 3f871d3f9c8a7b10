import type { InboxEntry } from "countersign/react";
import { headlineOf } from "countersign/react";
import { useCallback, useState } from "react";
import { hashOfQuestion } from "../hooks/use-route.ts";
import { useNews } from "./use-news.ts";

const key = "countersign.notify";

export interface Notifications {
  /** `refused`: the person has told the browser not to, and only there it can be changed. */
  state: "on" | "off" | "refused" | "unsupported";
  toggle: () => Promise<void>;
}

/** Notifications of the operating system about questions that open while the page is hidden. Off until asked for. */
export function useNotifications(entries: readonly InboxEntry[] | null): Notifications {
  const [isWanted, setWanted] = useState(() => localStorage.getItem(key) === "on");
  const isSupported = "Notification" in window;
  const permission = isSupported ? Notification.permission : "denied";
  const isOn = isWanted && permission === "granted";

  useNews(entries, (news) => {
    if (!isOn || document.visibilityState === "visible") return;
    for (const { threadId, threadTitle, question } of news) {
      const shown = new Notification(headlineOf(question), { body: threadTitle, tag: question.interruptId });
      shown.onclick = () => {
        window.focus();
        window.location.hash = hashOfQuestion(threadId, question.interruptId);
      };
    }
  });

  const toggle = useCallback(async () => {
    const next = !isOn && (await Notification.requestPermission()) === "granted";
    if (next) localStorage.setItem(key, "on");
    else localStorage.removeItem(key);
    setWanted(next);
  }, [isOn]);

  const state = !isSupported ? "unsupported" : isOn ? "on" : permission === "denied" ? "refused" : "off";
  return { state, toggle };
}
