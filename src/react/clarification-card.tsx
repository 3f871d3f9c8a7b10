import { MessageCircleQuestion } from "lucide-react";
import { useId } from "react";
import { AnswerBar, type Choice } from "./answer-bar.tsx";
import type { CardProps } from "./card.ts";
import type { Clarification } from "./clarifications.ts";
import { KeyHint } from "./key-hint.tsx";
import { Markdown } from "./markdown.tsx";
import { useIsActive } from "./question-context.ts";
import { QuestionFrame } from "./question-frame.tsx";
import { cancelChoice } from "./step-choices.tsx";
import { useDraft } from "./use-draft.ts";
import { useSingleKeys } from "./use-single-keys.ts";
import { words } from "./words.ts";

interface Draft {
  chosen: string[];
  text: string;
}

const nothing: Draft = { chosen: [], text: "" };

/** The agent asks something before it goes on: choices to take, words of one's own, or both. */
export function ClarificationCard({ question, onAnswer }: CardProps<"clarification">) {
  const { interruptId, details, asked } = question;
  const [draft = nothing, setDraft] = useDraft<Draft>(`clarification.${interruptId}`);
  const isActive = useIsActive(interruptId);
  const id = useId();

  function toggle(label: string): void {
    const others = asked.isMultiple ? draft.chosen.filter((one) => one !== label) : [];
    const isChosen = draft.chosen.includes(label);
    setDraft({ ...draft, chosen: isChosen ? others : [...others, label] });
  }
  useSingleKeys(
    isActive,
    Object.fromEntries(
      asked.choices.slice(0, 9).map(({ label }, index) => [String(index + 1), () => toggle(label)]),
    ),
  );

  const answer = toAnswer(asked, draft);
  const choices: Record<(typeof asked.allowed)[number], Choice> = {
    answer: {
      id: "answer",
      letter: "a",
      label: words.clarification.submit,
      kind: "primary",
      isDisabled: answer === null,
      answer,
    },
    cancel: cancelChoice(interruptId, words.clarification.stop),
  };
  return (
    <QuestionFrame
      interruptId={interruptId}
      details={details}
      label={words.question.label}
      icon={MessageCircleQuestion}
      title={words.question.agentAsks}
    >
      <Markdown text={asked.question} />
      {asked.choices.length > 0 ? (
        <fieldset className="mt-2 grid gap-1.5">
          <legend className="sr-only">
            {asked.isMultiple ? words.clarification.chooseAny : words.clarification.chooseOne}
          </legend>
          {asked.choices.map(({ label, description }, index) => (
            <label
              key={label}
              htmlFor={`${id}-${label}`}
              className="flex cursor-pointer items-start gap-2.5 rounded-lg border border-line px-3 py-2 hover:bg-sunken has-checked:border-accent has-checked:bg-accent-soft"
            >
              <input
                id={`${id}-${label}`}
                className="mt-1.5"
                type={asked.isMultiple ? "checkbox" : "radio"}
                name={id}
                checked={draft.chosen.includes(label)}
                onChange={() => toggle(label)}
              />
              <span className="min-w-0 flex-1 break-words" dir="auto">
                {label}
                {description ? <span className="block text-muted text-sm">{description}</span> : null}
              </span>
              {index < 9 ? <KeyHint letter={String(index + 1)} /> : null}
            </label>
          ))}
        </fieldset>
      ) : null}
      <label className="mt-2 mb-1 block text-muted text-sm" htmlFor={`${id}-text`}>
        {asked.choices.length > 0 ? words.clarification.ownWords : words.clarification.yourAnswer}
      </label>
      <textarea
        id={`${id}-text`}
        rows={2}
        dir="auto"
        className="w-full resize-y rounded-lg border border-strong bg-bg p-2.5"
        value={draft.text}
        onChange={(event) => setDraft({ ...draft, text: event.target.value })}
      />
      <AnswerBar
        interruptId={interruptId}
        choices={asked.allowed.map((type) => choices[type])}
        onAnswer={onAnswer}
      />
    </QuestionFrame>
  );
}

function toAnswer({ isMultiple }: Clarification, { chosen, text }: Draft): unknown {
  const said = text.trim();
  if (chosen.length === 0 && said === "") return null;
  return {
    type: "answer",
    ...(chosen.length > 0 ? { choice: isMultiple ? chosen : chosen[0] } : {}),
    ...(said === "" ? {} : { text: said }),
  };
}
