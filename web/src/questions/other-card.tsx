import { MessageCircleQuestion } from "lucide-react";
import { useId } from "react";
import { Button } from "../components/button.tsx";
import { dropDrafts, useDraft } from "../hooks/use-draft.ts";
import type { CardProps } from "./card.ts";
import { QuestionFrame } from "./question-frame.tsx";
import { QuestionWords } from "./question-words.tsx";
import { useAnswering } from "./use-answering.ts";

interface Draft {
  text: string;
  /** Sent as it is written, also when it is JSON. */
  isText: boolean;
}

/** Any question that no other card knows: shown to be read, answered as text or JSON. */
export function OtherCard({ question, isLookingUp, onAnswer }: CardProps<"other">) {
  const { interruptId, details, value } = question;
  return (
    <QuestionFrame
      interruptId={interruptId}
      details={details}
      label="Question"
      icon={MessageCircleQuestion}
      title="The agent asks"
    >
      <QuestionWords value={value} />
      {isLookingUp ? null : <AnswerBox interruptId={interruptId} onAnswer={onAnswer} />}
    </QuestionFrame>
  );
}

function AnswerBox({ interruptId, onAnswer }: { interruptId: string; onAnswer: CardProps["onAnswer"] }) {
  const [draft = { text: "", isText: false }, setDraft] = useDraft<Draft>(`answer.${interruptId}`);
  const { isSending, error, send } = useAnswering(onAnswer);
  const id = useId();
  const json = asJson(draft.text);
  const isJson = json !== undefined && !draft.isText;

  async function give(): Promise<void> {
    if (draft.text.trim() === "") return;
    if (await send(isJson ? json.value : draft.text)) dropDrafts(interruptId);
  }

  return (
    <form
      className="mt-3 border-line border-t pt-3"
      onSubmit={(event) => {
        event.preventDefault();
        void give();
      }}
    >
      <div className="flex flex-wrap items-end gap-2">
        <textarea
          aria-label="Your answer, as text or JSON"
          aria-describedby={`${id}-as`}
          placeholder="Your answer, as text or JSON"
          rows={draft.text.includes("\n") ? 5 : 1}
          className="min-w-0 flex-1 resize-y rounded-lg border border-strong bg-bg px-2.5 py-1.5"
          value={draft.text}
          onChange={(event) => setDraft({ ...draft, text: event.target.value })}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) void give();
          }}
        />
        <Button type="submit" kind="primary" disabled={isSending || draft.text.trim() === ""}>
          Answer
        </Button>
      </div>
      <p id={`${id}-as`} className="mt-1.5 flex flex-wrap gap-x-3 text-muted text-xs">
        {draft.text.trim() === "" ? "" : isJson ? `Sent as JSON: ${nameOf(json.value)}.` : "Sent as text."}
        {json === undefined ? null : (
          <label htmlFor={`${id}-text`} className="inline-flex items-center gap-1.5">
            <input
              id={`${id}-text`}
              type="checkbox"
              checked={draft.isText}
              onChange={(event) => setDraft({ ...draft, isText: event.target.checked })}
            />
            Send it as text
          </label>
        )}
      </p>
      {error ? (
        <p role="alert" className="mt-2 break-words text-bad text-sm">
          {error}
        </p>
      ) : null}
    </form>
  );
}

function asJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
