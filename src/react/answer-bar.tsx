import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { Button, type ButtonKind } from "./button.tsx";
import { KeyHint } from "./key-hint.tsx";
import { useIsActive } from "./question-context.ts";
import { useAnswering } from "./use-answering.ts";
import { dropDrafts, useDraft } from "./use-draft.ts";
import { useSingleKeys } from "./use-single-keys.ts";

/** What a form that belongs to a choice gets. */
export interface ChoiceFormProps {
  isSending: boolean;
  onSend: (answer: unknown) => void;
  onBack: () => void;
}

/** One of the things that can be said to a question. */
export interface Choice {
  id: string;
  /** The single key that does the same. */
  letter: string;
  label: string;
  kind?: ButtonKind;
  /** How much goes along with it, and what that is called. */
  count?: { number: number; label: string };
  /** Apart from the others, at the end. */
  isAside?: boolean;
  isDisabled?: boolean;
  /** Sent at once. One without an answer has a form, or an action. */
  answer?: unknown;
  form?: (props: ChoiceFormProps) => ReactNode;
  act?: () => void;
}

interface AnswerBarProps {
  interruptId: string;
  choices: Choice[];
  hint?: ReactNode;
  /** The choice that the person comes back from, where its form is elsewhere. */
  cameFrom?: string | null;
  onAnswer: (answer: unknown) => Promise<void>;
}

/**
 * What can be said to a question, as buttons with their single keys; what needs more than a press opens a form
 * in their place. While an answer is on its way, none can be given twice. The open form survives a reload.
 */
export function AnswerBar(props: AnswerBarProps) {
  const { interruptId, choices, hint, onAnswer } = props;
  const [openId, setOpenId] = useDraft<string>(`open.${interruptId}`);
  /** Where the person comes back from: the focus goes to the button that had led there. */
  const [cameFrom, setCameFrom] = useState(props.cameFrom ?? null);
  const { isSending, error, send } = useAnswering(onAnswer);
  const errorId = useId();
  const bar = useRef<HTMLDivElement>(null);
  const open = choices.find(({ id, form }) => id === openId && form !== undefined);
  const isOpen = open !== undefined;
  const isActive = useIsActive(interruptId);

  // What has just opened shows as a whole, and covers nothing of what it is about.
  useEffect(() => {
    if (isOpen) bar.current?.parentElement?.scrollIntoView({ block: "nearest" });
  }, [isOpen]);

  async function give(answer: unknown): Promise<void> {
    if (await send(answer)) dropDrafts(interruptId);
  }

  function pick({ id, answer, form, act, isDisabled }: Choice): void {
    if (isSending || isDisabled) return;
    if (form !== undefined) {
      setCameFrom(null);
      setOpenId(id);
    } else if (act !== undefined) act();
    else void give(answer);
  }

  useSingleKeys(
    isActive && !isOpen,
    Object.fromEntries(choices.map((choice) => [choice.letter, () => pick(choice)])),
  );

  return (
    <>
      {hint && !isOpen ? (
        <div className="mt-1 border-line border-t pt-3 text-muted text-sm">{hint}</div>
      ) : null}
      <div
        ref={bar}
        className="-mx-4 sm:-mx-5 -mb-4 sm:-mb-5 sticky bottom-0 z-[1] mt-3 rounded-b-xl border-line border-t bg-panel px-4 py-3 sm:px-5"
        aria-describedby={error ? errorId : undefined}
      >
        {open?.form ? (
          open.form({
            isSending,
            onSend: (answer) => void give(answer),
            onBack: () => {
              setCameFrom(open.id);
              setOpenId(undefined);
            },
          })
        ) : (
          <div className="flex flex-wrap gap-1.5">
            {choices.map((choice, index) => (
              <Button
                key={choice.id}
                kind={choice.kind ?? "plain"}
                className={`px-2.5! ${choice.isAside && !choices[index - 1]?.isAside ? "sm:ms-auto" : ""}`}
                autoFocus={cameFrom === choice.id}
                disabled={isSending || choice.isDisabled}
                aria-keyshortcuts={choice.letter}
                onClick={() => pick(choice)}
              >
                {choice.label}
                {choice.count ? (
                  <span className="rounded-full bg-accent px-1.5 font-semibold text-[0.7rem] text-accent-ink leading-4">
                    <span aria-hidden>{choice.count.number}</span>
                    <span className="sr-only">{choice.count.label}</span>
                  </span>
                ) : null}
                <KeyHint letter={choice.letter} />
              </Button>
            ))}
          </div>
        )}
        {error ? (
          <p id={errorId} role="alert" className="mt-2 break-words text-bad text-sm">
            {error}
          </p>
        ) : null}
      </div>
    </>
  );
}
