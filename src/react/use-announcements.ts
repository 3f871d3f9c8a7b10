import { useEffect, useRef } from "react";
import { useAnnounce } from "./announcer.tsx";
import type { Question } from "./questions.ts";
import { words } from "./words.ts";

interface Heard {
  /** Null for one that is not begun. */
  threadId: string | null;
  isLoading: boolean;
  review: Question | null;
  questions: readonly Question[];
  /** Why the person's last answer did not count. */
  refusal?: string | null;
  error?: string | null;
}

/** Tells whoever listens what happens in a thread: questions that open, the end of a run, and who was first. */
export function useAnnouncements({
  threadId,
  isLoading,
  review,
  questions,
  refusal = null,
  error = null,
}: Heard): void {
  const announce = useAnnounce();
  const open = [...(review ? [review] : []), ...questions];
  const ids = JSON.stringify(open.map(({ interruptId }) => interruptId));
  const before = useRef({ threadId, ids: "[]", isLoading: false });

  // biome-ignore lint/correctness/useExhaustiveDependencies: the ids stand for the questions
  useEffect(() => {
    const last = before.current;
    before.current = { threadId, ids, isLoading };
    const isElsewhere = last.threadId !== null && last.threadId !== threadId;
    const known = isElsewhere ? [] : (JSON.parse(last.ids) as string[]);
    const news = open.filter(({ interruptId }) => !known.includes(interruptId));
    if (news.length > 0) announce(newsOf(open, news));
    else if (isElsewhere) return;
    else if (isLoading && !last.isLoading) announce(words.announced.working);
    else if (last.isLoading && !isLoading && open.length === 0) announce(error ?? words.announced.ended);
  }, [threadId, ids, isLoading, error, announce]);

  useEffect(() => {
    if (refusal !== null) announce(refusal);
  }, [refusal, announce]);
}

function newsOf(open: readonly Question[], news: readonly Question[]): string {
  const [first] = news;
  if (open.length > 1 || first === undefined) return words.announced.questions(open.length);
  return first.kind === "plan" ? words.announced.plan : words.announced.question;
}
