import { ShieldQuestion } from "lucide-react";
import { AllowForm } from "./allow-form.tsx";
import { AnswerBar, type Choice } from "./answer-bar.tsx";
import { Arguments } from "./arguments.tsx";
import { AskedStep } from "./asked-step.tsx";
import type { CardProps } from "./card.ts";
import { QuestionFrame } from "./question-frame.tsx";
import { headlineOf } from "./questions.ts";
import { cancelChoice, editChoice, replanChoice, skipChoice } from "./step-choices.tsx";
import { words } from "./words.ts";

/** A step of the approved plan, asked about again at the moment of the call. */
export function StepReviewCard({ question, onAnswer }: CardProps<"step_review">) {
  const { interruptId, details, asked } = question;
  const { step, plan, args, filled, because, dependents, allowed } = asked;
  const whole = { ...args, ...filled };
  const choices: Record<(typeof allowed)[number], Choice[]> = {
    approve: [
      { id: "approve", letter: "a", label: words.review.run, kind: "primary", answer: { type: "approve" } },
      {
        id: "allow",
        letter: "l",
        label: words.review.runAndAllow,
        form: (form) => <AllowForm {...form} place={`allow.${interruptId}`} tool={step.tool} args={whole} />,
      },
    ],
    edit: [editChoice(interruptId, whole, { label: words.review.edit, submit: words.review.submitEdit })],
    skip: [skipChoice(dependents)],
    replan: [replanChoice(interruptId)],
    cancel: [cancelChoice(interruptId, words.review.stop)],
  };
  const late = Object.keys(filled ?? {});
  return (
    <QuestionFrame
      interruptId={interruptId}
      details={details}
      label={words.review.label}
      icon={ShieldQuestion}
      title={headlineOf(question)}
    >
      <AskedStep step={step} plan={plan} />
      {because ? <p className="mt-1 text-muted text-sm">{words.review.because[because]}</p> : null}
      <Arguments args={whole} />
      {late.length > 0 ? (
        <p className="mt-1.5 text-sm text-warn">{words.review.decidedWhileRunning(late.join(", "))}</p>
      ) : null}
      <AnswerBar
        interruptId={interruptId}
        choices={allowed.flatMap((type) => choices[type])}
        onAnswer={onAnswer}
      />
    </QuestionFrame>
  );
}
