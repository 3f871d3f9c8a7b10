import { OctagonAlert } from "lucide-react";
import { AnswerBar, type Choice } from "./answer-bar.tsx";
import { Arguments } from "./arguments.tsx";
import { AskedStep } from "./asked-step.tsx";
import type { CardProps } from "./card.ts";
import { TextForm } from "./choice-forms.tsx";
import { QuestionFrame } from "./question-frame.tsx";
import { headlineOf } from "./questions.ts";
import { ScrollBox } from "./scroll-box.tsx";
import { cancelChoice, editChoice, replanChoice, skipChoice } from "./step-choices.tsx";
import { words } from "./words.ts";

/** A step has failed for good: what it said, and how to go on. */
export function StepFailedCard({ question, onAnswer }: CardProps<"step_failed">) {
  const { interruptId, details, asked } = question;
  const { step, plan, args, error, isUncertain, tries, dependents, allowed } = asked;
  const choices: Record<(typeof allowed)[number], Choice> = {
    retry: {
      id: "retry",
      letter: "r",
      label: words.failed.retry,
      kind: "primary",
      answer: { type: "retry" },
    },
    edit: editChoice(interruptId, args, {
      label: words.failed.edit,
      submit: words.failed.submitEdit,
    }),
    skip: skipChoice(dependents),
    done: {
      id: "done",
      letter: "d",
      label: words.failed.done,
      form: (form) => (
        <TextForm
          {...form}
          place={`done.${interruptId}`}
          label={words.failed.workWith}
          submit={words.failed.submitDone}
          isOptional
          toAnswer={(output) => ({ type: "done", ...(output.trim() === "" ? {} : { output }) })}
        />
      ),
    },
    replan: replanChoice(interruptId),
    cancel: cancelChoice(interruptId, words.failed.stop),
  };
  return (
    <QuestionFrame
      interruptId={interruptId}
      details={details}
      label={words.failed.label}
      icon={OctagonAlert}
      title={headlineOf(question)}
    >
      <AskedStep step={step} plan={plan} />
      {error ? (
        <ScrollBox label={words.failed.wentWrong} text={error} className="mt-2 max-h-48 text-bad" />
      ) : null}
      {tries !== null && tries > 1 ? (
        <p className="mt-1 text-muted text-sm">{words.failed.tried(tries)}</p>
      ) : null}
      <Arguments args={args} />
      {isUncertain ? <p className="mt-1.5 text-sm text-warn">{words.failed.mayHaveHappened}</p> : null}
      <AnswerBar
        interruptId={interruptId}
        choices={allowed.map((type) => choices[type])}
        onAnswer={onAnswer}
      />
    </QuestionFrame>
  );
}
