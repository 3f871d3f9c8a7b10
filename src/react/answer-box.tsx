import { useId } from "react";
import { Button } from "./button.tsx";
import type { CardProps } from "./card.ts";
import { useAnswering } from "./use-answering.ts";
import { dropDrafts, useDraft } from "./use-draft.ts";
import { words } from "./words.ts";

interface Draft {
  text: string;
  /** Sent as it is written, also when it is JSON. */
  isText: boolean;
}

interface AnswerBoxProps {
  interruptId: string;
  onAnswer: CardProps["onAnswer"];
}

/** An answer of any shape, written as text or JSON. */
export function AnswerBox({ interruptId, onAnswer }: AnswerBoxProps) {
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
          aria-label={words.other.answer}
          aria-describedby={`${id}-as`}
          placeholder={words.other.answer}
          dir="auto"
          rows={draft.text.includes("\n") ? 5 : 1}
          className="min-w-0 flex-1 resize-y rounded-lg border border-strong bg-bg px-2.5 py-1.5"
          value={draft.text}
          onChange={(event) => setDraft({ ...draft, text: event.target.value })}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) void give();
          }}
        />
        <Button type="submit" kind="primary" disabled={isSending || draft.text.trim() === ""}>
          {words.other.submit}
        </Button>
      </div>
      <p id={`${id}-as`} className="mt-1.5 flex flex-wrap gap-x-3 text-muted text-xs">
        {draft.text.trim() === "" ? "" : isJson ? asJsonIn(json.value) : words.other.asText}
        {json === undefined ? null : (
          <label htmlFor={`${id}-text`} className="inline-flex items-center gap-1.5">
            <input
              id={`${id}-text`}
              type="checkbox"
              checked={draft.isText}
              onChange={(event) => setDraft({ ...draft, isText: event.target.checked })}
            />
            {words.other.sendAsText}
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

function asJsonIn(value: unknown): string {
  const { asJson: sentAs, list, object, type } = words.other;
  if (value === null) return sentAs("null");
  if (Array.isArray(value)) return sentAs(list);
  return sentAs(typeof value === "object" ? object : type(typeof value));
}
