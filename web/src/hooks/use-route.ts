import { useCallback, useEffect, useState } from "react";

/** A question, a step of a plan, or a message, within a thread. */
export interface Place {
  type: "question" | "step" | "message";
  id: string;
}

/** What the address shows. A thread whose id is null is a new chat. */
export type Route = { page: "inbox" } | { page: "thread"; threadId: string | null; place: Place | null };

const letters = { question: "q", step: "s", message: "m" } as const;
const places = { q: "question", s: "step", m: "message" } as const;

/**
 * The address within the page: `#/`, `#/inbox`, `#/t/<thread>`, and within a thread `/q/<interrupt>`, `/s/<step>`,
 * `/m/<message>`.
 */
export function hashOf(route: Route): string {
  if (route.page === "inbox") return "#/inbox";
  const { threadId, place } = route;
  if (threadId === null) return "#/";
  const end = place === null ? "" : `/${letters[place.type]}/${encodeURIComponent(place.id)}`;
  return `#/t/${encodeURIComponent(threadId)}${end}`;
}

export function hashOfQuestion(threadId: string, interruptId: string): string {
  return hashOf({ page: "thread", threadId, place: { type: "question", id: interruptId } });
}

export function hashOfStep(threadId: string, stepId: string): string {
  return hashOf({ page: "thread", threadId, place: { type: "step", id: stepId } });
}

/** Of a message that has no id, where its thread is. */
export function hashOfMessage(threadId: string, messageId: string | null): string {
  const place = messageId === null ? null : ({ type: "message", id: messageId } as const);
  return hashOf({ page: "thread", threadId, place });
}

/** What is in the address, and how to go elsewhere. */
export function useRoute(): [route: Route, goTo: (route: Route) => void] {
  const [route, setRoute] = useState(() => routeOf(window.location.hash));
  useEffect(() => {
    const changed = () => setRoute(routeOf(window.location.hash));
    window.addEventListener("hashchange", changed);
    return () => window.removeEventListener("hashchange", changed);
  }, []);
  const goTo = useCallback((next: Route) => {
    const hash = hashOf(next);
    if (window.location.hash !== hash) window.location.hash = hash;
  }, []);
  return [route, goTo];
}

function routeOf(hash: string): Route {
  if (hash === "#/inbox") return { page: "inbox" };
  const [, thread, letter, id] = hash.match(/^#\/t\/([^/]+)(?:\/([qsm])\/([^/]+))?$/) ?? [];
  if (thread === undefined) return { page: "thread", threadId: null, place: null };
  const type = places[letter as keyof typeof places];
  const place: Place | null = type === undefined || id === undefined ? null : { type, id: decode(id) };
  return { page: "thread", threadId: decode(thread), place };
}

/** An address that somebody has broken is taken as it stands. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
