import { useCallback, useEffect, useState } from "react";

/** A question, or a step of a plan, within a thread. */
export interface Place {
  type: "question" | "step";
  id: string;
}

/** What the address shows. A thread whose id is null is a new chat. */
export type Route = { page: "inbox" } | { page: "thread"; threadId: string | null; place: Place | null };

const letters = { question: "q", step: "s" } as const;

/** The address within the page: `#/`, `#/inbox`, `#/t/<thread>`, `#/t/<thread>/q/<interrupt>`, `#/t/<thread>/s/<step>`. */
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
  const [, thread, letter, id] = hash.match(/^#\/t\/([^/]+)(?:\/([qs])\/([^/]+))?$/) ?? [];
  if (thread === undefined) return { page: "thread", threadId: null, place: null };
  const place: Place | null =
    letter === undefined || id === undefined
      ? null
      : { type: letter === "q" ? "question" : "step", id: decode(id) };
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
