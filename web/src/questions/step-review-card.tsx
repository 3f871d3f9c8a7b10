import { ShieldQuestion } from "lucide-react";
import { Arguments } from "../components/arguments.tsx";
import type { StepReview } from "../conversation/step-questions.ts";
import { AllowForm } from "./allow-form.tsx";
import { AnswerBar, type Choice } from "./answer-bar.tsx";
import { AskedStep } from "./asked-step.tsx";
import type { CardProps } from "./card.ts";
import { QuestionFrame } from "./question-frame.tsx";
import { cancelChoice, editChoice, replanChoice, skipChoice } from "./step-choices.tsx";

const reasons: Record<NonNullable<StepReview["because"]>, string> = {
  policy: "This tool is asked about every time, at the moment of the call.",
  late: "Part of what it is called with was decided while the plan ran.",
  autonomy: "You asked to stop before risky steps.",
};

/** A step of the approved plan, asked about again at the moment of the call. */
export function StepReviewCard({ question, onAnswer }: CardProps<"step_review">) {
  const { interruptId, details, asked } = question;
  const { step, plan, args, filled, because, dependents, allowed } = asked;
  const whole = { ...args, ...filled };
  const choices: Record<(typeof allowed)[number], Choice[]> = {
    approve: [
      { id: "approve", letter: "a", label: "Run it", kind: "primary", answer: { type: "approve" } },
      {
        id: "allow",
        letter: "l",
        label: "Run it, and always allow …",
        form: (form) => <AllowForm {...form} place={`allow.${interruptId}`} tool={step.tool} args={whole} />,
      },
    ],
    edit: [editChoice(interruptId, whole, { label: "Change and run", submit: "Run with these" })],
    skip: [skipChoice(dependents)],
    replan: [replanChoice(interruptId)],
    cancel: [cancelChoice(interruptId, "Stop the plan here? This step does not run.")],
  };
  const late = Object.keys(filled ?? {});
  return (
    <QuestionFrame
      interruptId={interruptId}
      details={details}
      label="A step to review"
      icon={ShieldQuestion}
      title={`Run “${step.title}”?`}
    >
      <AskedStep step={step} plan={plan} />
      {because ? <p className="mt-1 text-muted text-sm">{reasons[because]}</p> : null}
      <Arguments args={whole} />
      {late.length > 0 ? (
        <p className="mt-1.5 text-sm text-warn">Decided while it ran: {late.join(", ")}</p>
      ) : null}
      <AnswerBar
        interruptId={interruptId}
        choices={allowed.flatMap((type) => choices[type])}
        onAnswer={onAnswer}
      />
    </QuestionFrame>
  );
}
