import { Link } from "lucide-react";
import { useContext } from "react";
import { hashOfQuestion } from "../hooks/use-route.ts";
import { ThreadOfQuestions } from "./queue.ts";

/** The address of an open question: to be opened elsewhere, or copied. */
export function QuestionLink({ interruptId }: { interruptId: string }) {
  const threadId = useContext(ThreadOfQuestions);
  if (threadId === null) return null;
  return (
    <a
      href={hashOfQuestion(threadId, interruptId)}
      aria-label="Link to this question"
      title="Link to this question"
      className="shrink-0 rounded p-1 text-muted hover:text-ink"
    >
      <Link className="size-3.5" aria-hidden />
    </a>
  );
}
