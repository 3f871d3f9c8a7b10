import { OctagonAlert } from "lucide-react";
import { Arguments } from "../components/arguments.tsx";
import { ScrollBox } from "../components/scroll-box.tsx";
import { AnswerBar, type Choice } from "./answer-bar.tsx";
import { AskedStep } from "./asked-step.tsx";
import type { CardProps } from "./card.ts";
import { TextForm } from "./choice-forms.tsx";
import { QuestionFrame } from "./question-frame.tsx";
import { cancelChoice, editChoice, replanChoice, skipChoice } from "./step-choices.tsx";

/** A step has failed for good: what it said, and how to go on. */
export function StepFailedCard({ question, onAnswer }: CardProps<"step_failed">) {
  const { interruptId, details, asked } = question;
  const { step, plan, args, error, isUncertain, tries, dependents, allowed } = asked;
  const choices: Record<(typeof allowed)[number], Choice> = {
    retry: { id: "retry", letter: "r", label: "Try again", kind: "primary", answer: { type: "retry" } },
    edit: editChoice(interruptId, args, { label: "Change and try", submit: "Try with these" }),
    skip: skipChoice(dependents),
    done: {
      id: "done",
      letter: "d",
      label: "Mark as done",
      form: (form) => (
        <TextForm
          {...form}
          place={`done.${interruptId}`}
          label="What should the steps after it work with? (may be left empty)"
          submit="It is done"
          isOptional
          toAnswer={(output) => ({ type: "done", ...(output.trim() === "" ? {} : { output }) })}
        />
      ),
    },
    replan: replanChoice(interruptId),
    cancel: cancelChoice(interruptId, "Stop the plan here? What was done stays done."),
  };
  return (
    <QuestionFrame
      interruptId={interruptId}
      details={details}
      label="A step that failed"
      icon={OctagonAlert}
      title={`“${step.title}” failed`}
    >
      <AskedStep step={step} plan={plan} />
      {error ? <ScrollBox label="What went wrong" text={error} className="mt-2 max-h-48 text-bad" /> : null}
      {tries !== null && tries > 1 ? <p className="mt-1 text-muted text-sm">Tried {tries} times.</p> : null}
      <Arguments args={args} />
      {isUncertain ? (
        <p className="mt-1.5 text-sm text-warn">
          It may have happened all the same: look first, before it is tried again.
        </p>
      ) : null}
      <AnswerBar
        interruptId={interruptId}
        choices={allowed.map((type) => choices[type])}
        onAnswer={onAnswer}
      />
    </QuestionFrame>
  );
}
