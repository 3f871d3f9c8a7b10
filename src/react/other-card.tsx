import { MessageCircleQuestion } from "lucide-react";
import { AnswerBox } from "./answer-box.tsx";
import type { CardProps } from "./card.ts";
import { QuestionFrame } from "./question-frame.tsx";
import { QuestionWords } from "./question-words.tsx";
import { words } from "./words.ts";

/** Any question that no other card knows: shown to be read, answered as text or JSON. */
export function OtherCard({ question, isLookingUp, onAnswer }: CardProps<"other">) {
  const { interruptId, details, value } = question;
  return (
    <QuestionFrame
      interruptId={interruptId}
      details={details}
      label={words.question.label}
      icon={MessageCircleQuestion}
      title={words.question.agentAsks}
    >
      <QuestionWords value={value} />
      {isLookingUp ? null : <AnswerBox interruptId={interruptId} onAnswer={onAnswer} />}
    </QuestionFrame>
  );
}
