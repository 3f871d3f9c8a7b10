import { type ReactNode, useId, useState } from "react";
import type { ChoiceFormProps } from "./answer-bar.tsx";
import { ArgumentFields } from "./argument-fields.tsx";
import { readArguments, toTexts } from "./argument-texts.ts";
import { Button } from "./button.tsx";
import type { JsonRecord } from "./json.ts";
import { useDraft } from "./use-draft.ts";
import { useDraftText } from "./use-draft-text.ts";
import { words } from "./words.ts";

interface TextFormProps extends ChoiceFormProps {
  /** Where the text is kept until it is sent. */
  place: string;
  label: string;
  placeholder?: string;
  submit: string;
  /** It may be left empty. */
  isOptional?: boolean;
  toAnswer: (text: string) => unknown;
  /** Beneath the text. */
  children?: ReactNode;
}

/** A text that belongs to an answer. */
export function TextForm(props: TextFormProps) {
  const {
    place,
    label,
    placeholder,
    submit,
    isOptional = false,
    toAnswer,
    children,
    isSending,
    onSend,
    onBack,
  } = props;
  const [text, setText] = useDraftText(place);
  const id = useId();
  const isReady = isOptional || text.trim() !== "";
  const send = () => {
    if (isReady) onSend(toAnswer(text));
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <label className="mb-1 block font-medium text-sm" htmlFor={id}>
        {label}
      </label>
      <textarea
        id={id}
        // biome-ignore lint/a11y/noAutofocus: the person has just asked for this box
        autoFocus
        // Coming back to a text, one goes on at its end.
        onFocus={({ currentTarget }) => currentTarget.setSelectionRange(text.length, text.length)}
        rows={isOptional ? 2 : 3}
        dir="auto"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape" && !isSending) onBack();
          if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) send();
        }}
        className="w-full resize-y rounded-lg border border-strong bg-bg p-2.5"
        placeholder={placeholder}
      />
      {children}
      <FormButtons submit={submit} isReady={isReady} isSending={isSending} onBack={onBack} />
    </form>
  );
}

interface ArgumentsFormProps extends ChoiceFormProps {
  place: string;
  args: JsonRecord;
  submit: string;
  toAnswer: (args: JsonRecord) => unknown;
}

/** The arguments of a call, to be changed before it is made. */
export function ArgumentsForm({ place, args, submit, toAnswer, ...form }: ArgumentsFormProps) {
  const { isSending, onSend, onBack } = form;
  const [texts = toTexts(args), setTexts] = useDraft<Record<string, string>>(place);
  const [error, setError] = useState<string | null>(null);
  return (
    <form
      aria-label={words.forms.arguments}
      onSubmit={(event) => {
        event.preventDefault();
        setError(null);
        try {
          onSend(toAnswer(readArguments(args, texts)));
        } catch (problem) {
          setError(problem instanceof Error ? problem.message : String(problem));
        }
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !isSending) onBack();
      }}
    >
      <ArgumentFields args={args} texts={texts} isFocused onChange={setTexts} />
      {error ? (
        <p role="alert" className="mt-2 text-bad text-sm">
          {error}
        </p>
      ) : null}
      <FormButtons submit={submit} isReady isSending={isSending} onBack={onBack} />
    </form>
  );
}

interface ConfirmFormProps extends ChoiceFormProps {
  text: string;
  submit: string;
  /** Where the reason is kept, when one can be given. */
  reasonPlace?: string;
  toAnswer: (reason: string) => unknown;
  children?: ReactNode;
}

/** Asks once more. The focus is on the way back, so that a second Enter stops nothing. */
export function ConfirmForm(props: ConfirmFormProps) {
  const { text, submit, reasonPlace, toAnswer, children, isSending, onSend, onBack } = props;
  const [reason, setReason] = useDraftText(reasonPlace ?? "");
  const id = useId();
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape goes back from anywhere in it
    <div
      className="flex flex-wrap items-center gap-2"
      onKeyDown={(event) => {
        if (event.key === "Escape" && !isSending) onBack();
      }}
    >
      <span className="text-sm">{text}</span>
      {children}
      {reasonPlace === undefined ? null : (
        <input
          id={id}
          aria-label={words.forms.why}
          placeholder={words.forms.why}
          className="w-full rounded-lg border border-strong bg-bg px-2.5 py-1.5 text-sm"
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      )}
      <Button kind="danger" disabled={isSending} onClick={() => onSend(toAnswer(reason.trim()))}>
        {submit}
      </Button>
      <Button kind="quiet" autoFocus onClick={onBack} disabled={isSending}>
        {words.forms.back}
      </Button>
    </div>
  );
}

interface FormButtonsProps {
  submit: string;
  isReady: boolean;
  isSending: boolean;
  onBack: () => void;
}

export function FormButtons({ submit, isReady, isSending, onBack }: FormButtonsProps) {
  return (
    <div className="mt-2 flex flex-wrap gap-2">
      <Button type="submit" kind="primary" disabled={isSending || !isReady}>
        {submit}
      </Button>
      <Button kind="quiet" onClick={onBack} disabled={isSending}>
        {words.forms.back}
      </Button>
    </div>
  );
}
