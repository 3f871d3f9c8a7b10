import type { ClarificationRecord } from "countersign/agent";
import { MessageCircleQuestion } from "lucide-react";
import { words } from "./words.ts";

/** What the agent asked before it planned, and what it was told. */
export function ClarificationRow({ record: { question, answer } }: { record: ClarificationRecord }) {
  return (
    <div className="text-sm">
      <p className="flex items-start gap-1.5 text-muted">
        <MessageCircleQuestion className="mt-0.5 size-4 shrink-0" aria-hidden />
        <span dir="auto" className="min-w-0 break-words">
          {question.question}
        </span>
      </p>
      <p dir="auto" className="mt-1 ms-5.5 whitespace-pre-wrap break-words">
        {wordsOf(answer)}
      </p>
    </div>
  );
}

function wordsOf(answer: ClarificationRecord["answer"]): string {
  const { stopped, stoppedFor } = words.clarified;
  if (answer.type === "cancel") return answer.reason ? stoppedFor(answer.reason) : stopped;
  return [[answer.choice ?? []].flat().join(", "), answer.text ?? ""].filter((one) => one !== "").join("\n");
}
