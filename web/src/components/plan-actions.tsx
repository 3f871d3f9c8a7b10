import type { PlanAnswer, PlanReview } from "countersign/agent";
import { type Autonomy, autonomyChoices } from "../conversation/autonomy.ts";
import { useDraft } from "../hooks/use-draft.ts";
import { AnswerBar, type Choice } from "../questions/answer-bar.tsx";
import { ConfirmForm, TextForm } from "../questions/choice-forms.tsx";
import { AutonomyPicker } from "./autonomy-picker.tsx";

interface PlanActionsProps {
  review: PlanReview;
  interruptId: string;
  onAnswer: (interruptId: string, answer: PlanAnswer) => Promise<void>;
  onEdit: () => void;
}

/** The answers to a plan. While one is on its way, none can be given twice. */
export function PlanActions({ review, interruptId, onAnswer, onEdit }: PlanActionsProps) {
  const { digest } = review.plan;
  const offered = autonomyChoices(review);
  const [autonomy = offered[0], setAutonomy] = useDraft<Autonomy>(`autonomy.${interruptId}`);
  const choices: Record<PlanReview["allowed"][number], Choice> = {
    approve: {
      id: "approve",
      letter: "a",
      label: "Approve",
      kind: "primary",
      answer: {
        type: "approve",
        digest,
        ...(autonomy === undefined || autonomy === "usual" ? {} : { autonomy }),
      },
    },
    edit: { id: "edit", letter: "e", label: "Approve with edits", act: onEdit },
    reject: {
      id: "reject",
      letter: "r",
      label: "Request changes",
      form: (form) => (
        <TextForm
          {...form}
          place={`feedback.${interruptId}`}
          label="What should be different?"
          placeholder="For example: don't delete anything, and write it to notes.txt instead"
          submit="Request changes"
          toAnswer={(feedback) => ({ type: "reject", digest, feedback: feedback.trim() })}
        />
      ),
    },
    cancel: {
      id: "cancel",
      letter: "q",
      label: "Stop",
      kind: "quiet",
      isAside: true,
      form: (form) => (
        <ConfirmForm
          {...form}
          text="Drop this plan? Nothing of it will run."
          submit="Drop it"
          toAnswer={() => ({ type: "cancel" })}
        />
      ),
    },
  };
  return (
    <AnswerBar
      interruptId={interruptId}
      choices={review.allowed.map((type) => choices[type])}
      hint={
        offered.length > 0 ? (
          <AutonomyPicker offered={offered} chosen={autonomy} onChoose={setAutonomy} />
        ) : undefined
      }
      onAnswer={(answer) => onAnswer(interruptId, answer as PlanAnswer)}
    />
  );
}
