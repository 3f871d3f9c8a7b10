import { ClipboardList } from "lucide-react";
import type { CardProps } from "./card.ts";
import { deferred } from "./deferred.tsx";
import { QuestionFrame } from "./question-frame.tsx";
import { QuestionWords } from "./question-words.tsx";
import type { SchemaFormProps } from "./schema-form.tsx";
import { words } from "./words.ts";

const SchemaForm = deferred<SchemaFormProps>(
  async () => (await import("./schema-form.tsx")).SchemaForm,
  () => (
    <p role="status" className="mt-2 text-muted text-sm">
      {words.question.loadingForm}
    </p>
  ),
);

/** A question that says what its answer must look like: a form made from that. */
export function FormCard({ question, onAnswer }: CardProps<"form">) {
  const { interruptId, details, value, schema } = question;
  return (
    <QuestionFrame
      interruptId={interruptId}
      details={details}
      label={words.question.label}
      icon={ClipboardList}
      title={words.question.agentAsks}
    >
      <QuestionWords value={value} />
      <SchemaForm key={interruptId} interruptId={interruptId} schema={schema} onAnswer={onAnswer} />
    </QuestionFrame>
  );
}
