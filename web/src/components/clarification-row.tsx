import type { ClarificationRecord } from "countersign/agent";
import { MessageCircleQuestion } from "lucide-react";

/** What the agent asked before it planned, and what it was told. */
export function ClarificationRow({ record: { question, answer } }: { record: ClarificationRecord }) {
  return (
    <div className="text-sm">
      <p className="flex items-start gap-1.5 text-muted">
        <MessageCircleQuestion className="mt-0.5 size-4 shrink-0" aria-hidden />
        <span className="min-w-0 break-words">{question.question}</span>
      </p>
      <p className="mt-1 ml-5.5 whitespace-pre-wrap break-words">{wordsOf(answer)}</p>
    </div>
  );
}

function wordsOf(answer: ClarificationRecord["answer"]): string {
  if (answer.type === "cancel") return answer.reason ? `Stopped: ${answer.reason}` : "Stopped";
  return [[answer.choice ?? []].flat().join(", "), answer.text ?? ""]
    .filter((words) => words !== "")
    .join("\n");
}
