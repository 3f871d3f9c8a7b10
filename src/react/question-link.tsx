import { Link } from "lucide-react";
import { useCountersign } from "./countersign.tsx";
import { useThreadOfQuestions } from "./question-context.ts";
import { words } from "./words.ts";

/** The address of an open question: to be opened elsewhere, or copied. */
export function QuestionLink({ interruptId }: { interruptId: string }) {
  const threadId = useThreadOfQuestions();
  const { linkTo } = useCountersign();
  if (threadId === null || linkTo === undefined) return null;
  return (
    <a
      href={linkTo(threadId, interruptId)}
      aria-label={words.question.link}
      title={words.question.link}
      className="shrink-0 rounded p-1.5 text-muted hover:text-ink"
    >
      <Link className="size-3.5" aria-hidden />
    </a>
  );
}
