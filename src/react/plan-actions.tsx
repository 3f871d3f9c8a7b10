import type { Plan, PlanAnswer, PlanReview } from "countersign/agent";
import { AnswerBar, type Choice } from "./answer-bar.tsx";
import { AutonomyPicker, type AutonomyPickerProps } from "./autonomy-picker.tsx";
import { ConfirmForm, TextForm } from "./choice-forms.tsx";
import { dropDrafts } from "./use-draft.ts";
import { notesToSend, type PlanNotes } from "./use-plan-notes.ts";
import { words } from "./words.ts";

interface PlanActionsProps {
  plan: Plan;
  allowed: PlanReview["allowed"];
  interruptId: string;
  notes: PlanNotes;
  /** The person has begun to edit it. */
  hasEdits: boolean;
  /** The choice that the person comes back from. */
  cameFrom: string | null;
  autonomy: AutonomyPickerProps;
  onAnswer: (answer: PlanAnswer) => Promise<void>;
  onEdit: () => void;
}

/** The answers to a plan. While one is on its way, none can be given twice. */
export function PlanActions(props: PlanActionsProps) {
  const { plan, allowed, interruptId, autonomy, onAnswer } = props;
  const { offered, chosen } = autonomy;
  const choices = choicesOf(props, chosen === undefined || chosen === "usual" ? {} : { autonomy: chosen });
  return (
    <AnswerBar
      interruptId={interruptId}
      cameFrom={props.cameFrom}
      choices={allowed.flatMap((type) => choices[type] ?? [])}
      hint={offered.length > 0 ? <AutonomyPicker {...autonomy} /> : undefined}
      onAnswer={async (answer) => {
        await onAnswer(answer as PlanAnswer);
        const { type } = answer as PlanAnswer;
        // An approval can be taken back, and a question decides nothing.
        if (type === "reject" || type === "cancel") dropDrafts(plan.digest);
      }}
    />
  );
}

function choicesOf(
  { plan, interruptId, notes, hasEdits, onEdit }: PlanActionsProps,
  autonomy: object,
): Record<PlanReview["allowed"][number], Choice> {
  const { digest } = plan;
  const { answers } = words;
  const noted = notesToSend(notes, plan.steps);
  const count = Object.keys(noted.comments).length;
  return {
    approve: {
      id: "approve",
      letter: "a",
      label: answers.approve,
      kind: "primary",
      answer: { type: "approve", digest, ...autonomy },
    },
    edit: { id: "edit", letter: "e", label: hasEdits ? answers.editOn : answers.edit, act: onEdit },
    reject: {
      id: "reject",
      letter: "r",
      label: answers.reject,
      ...(count > 0 ? { count: { number: count, label: answers.comments(count) } } : {}),
      form: (form) => (
        <TextForm
          {...form}
          place={`feedback.${digest}`}
          label={count > 0 ? answers.differentOptional : answers.different}
          placeholder={answers.differentExample}
          submit={answers.reject}
          isOptional={count > 0}
          toAnswer={(feedback) => ({
            type: "reject",
            digest,
            feedback: feedback.trim(),
            ...(noted.keep.length > 0 ? { keep: noted.keep } : {}),
            ...(count > 0 ? { comments: noted.comments } : {}),
          })}
        >
          <Notes plan={plan} noted={noted} />
        </TextForm>
      ),
    },
    ask: {
      id: "ask",
      letter: "?",
      label: answers.ask,
      form: (form) => (
        <TextForm
          {...form}
          place={`question.${interruptId}`}
          label={answers.question}
          placeholder={answers.questionExample}
          submit={answers.askIt}
          toAnswer={(question) => ({ type: "ask", digest, question: question.trim() })}
        >
          <p className="mt-1 text-muted text-xs">{answers.questionNote}</p>
        </TextForm>
      ),
    },
    cancel: {
      id: "cancel",
      letter: "q",
      label: answers.cancel,
      kind: "quiet",
      isAside: true,
      form: (form) => (
        <ConfirmForm
          {...form}
          text={answers.drop}
          submit={answers.dropIt}
          toAnswer={() => ({ type: "cancel" })}
        />
      ),
    },
  };
}

/** What goes along with a request for changes. */
function Notes({ plan, noted }: { plan: Plan; noted: ReturnType<typeof notesToSend> }) {
  const numbered = plan.steps.map(({ id }, index) => ({ id, number: index + 1 }));
  const kept = numbered.filter(({ id }) => noted.keep.includes(id)).map(({ number }) => number);
  const said = numbered.filter(({ id }) => noted.comments[id] !== undefined);
  if (said.length === 0 && kept.length === 0) return null;
  return (
    <div className="mt-2 text-muted text-sm">
      {said.length > 0 ? (
        <>
          <p>{words.answers.commentsSent}</p>
          <ul>
            {said.map(({ id, number }) => (
              <li key={id} className="break-words">
                <span className="font-medium">{`${number}.`}</span> <bdi>{noted.comments[id]}</bdi>
              </li>
            ))}
          </ul>
        </>
      ) : null}
      {kept.length > 0 ? <p>{words.answers.keptSent(kept)}</p> : null}
    </div>
  );
}
