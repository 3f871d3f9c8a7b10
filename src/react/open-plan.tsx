import type { Plan, PlanAnswer, PlanReview } from "countersign/agent";
import { useMemo, useState } from "react";
import { type Autonomy, autonomyChoices } from "./autonomy.ts";
import { deferred } from "./deferred.tsx";
import { inNumbers } from "./in-numbers.ts";
import { KeyHint } from "./key-hint.tsx";
import { PlanActions } from "./plan-actions.tsx";
import { ChangeBar, RemovedStep } from "./plan-changes.tsx";
import { countChanges, diffRows } from "./plan-diff.ts";
import type { PlanEditorProps } from "./plan-editor.tsx";
import type { PlanEdit } from "./plan-edits.ts";
import { useIsActive } from "./question-context.ts";
import { ReviewStep, waitingNumbers } from "./review-step.tsx";
import { useDraft } from "./use-draft.ts";
import { type StepNotes, usePlanNotes } from "./use-plan-notes.ts";
import { useSingleKeys } from "./use-single-keys.ts";
import { useTools } from "./use-tools.ts";
import { words } from "./words.ts";

const PlanEditor = deferred<PlanEditorProps>(
  async () => (await import("./plan-editor.tsx")).PlanEditor,
  () => (
    <p role="status" className="mt-3 text-muted text-sm">
      {words.editor.loading}
    </p>
  ),
);

interface OpenPlanProps {
  plan: Plan;
  interruptId: string;
  review: PlanReview;
  previous: Plan | undefined;
  onAnswer: (answer: PlanAnswer) => Promise<void>;
}

/** The steps of a plan that is asked about, to be read with what has changed, noted on, edited, and decided on. */
export function OpenPlan({ plan, interruptId, review, previous, onAnswer }: OpenPlanProps) {
  const { changes, allowed, done = [] } = review;
  // By digest and not by the question's id: the same plan may be asked about again, after an answer to a question of
  // the person's, or after an approval that was taken back.
  const { digest } = plan;
  const [isEditing = false, setEditing] = useDraft<boolean>(`editing.${digest}`);
  const [edit, setEdit] = useDraft<PlanEdit>(`edit.${digest}`);
  /** Coming back from the editor, the focus is where it came from. */
  const [wasEditing, setWasEditing] = useState(false);
  const [isDiff = true, setDiff] = useDraft<boolean>(`diff.${digest}`);
  const offered = autonomyChoices(review);
  const [autonomy = offered[0], setAutonomy] = useDraft<Autonomy>(`autonomy.${digest}`);
  const { notes, comment, toggleKeep } = usePlanNotes(digest);
  const [commenting, setCommenting] = useState<string | null>(null);
  const tools = useTools(true);

  const rows = useMemo(() => diffRows(plan.steps, changes, previous?.steps), [plan.steps, changes, previous]);
  const counts = countChanges(rows);
  const isShown = isDiff && changes !== undefined;
  const waiting = useMemo(() => waitingNumbers(plan.steps), [plan.steps]);
  const numberOf = (id: string) => {
    const number = plan.steps.findIndex((step) => step.id === id) + 1;
    return number > 0 ? words.step.named(number) : id;
  };
  const canReject = allowed.includes("reject");

  useSingleKeys(useIsActive(interruptId) && !isEditing, {
    c: canReject ? () => setCommenting(stepInFocus() ?? plan.steps[0]?.id ?? null) : undefined,
    d: changes ? () => setDiff(!isDiff) : undefined,
  });

  function notesOn(id: string): StepNotes {
    return {
      comment: notes.comments[id],
      isCommenting: commenting === id,
      isKept: notes.keep.includes(id),
      onComment: (text) => comment(id, text),
      onCommenting: (isOn) => setCommenting(isOn ? id : null),
      onKeep: () => toggleKeep(id),
    };
  }

  if (isEditing) {
    return (
      <PlanEditor
        plan={plan}
        edit={edit}
        onEdit={setEdit}
        done={done}
        tools={tools}
        autonomy={{ offered, chosen: autonomy, onChoose: setAutonomy }}
        onClose={() => {
          setEditing(undefined);
          setWasEditing(true);
        }}
        onSave={async (edited) => {
          const chosen = autonomy === undefined || autonomy === "usual" ? {} : { autonomy };
          await onAnswer({ type: "edit", digest, plan: edited, ...chosen });
        }}
      />
    );
  }
  return (
    <>
      <div className="mt-1.5 flex flex-wrap items-center gap-x-4 gap-y-1 text-muted text-xs">
        {changes ? <ChangeBar changes={changes} counts={counts} isShown={isDiff} onShow={setDiff} /> : null}
        {canReject ? (
          <span className="ms-auto hidden items-center gap-1 in-data-[keys=off]:hidden! [@media(hover:hover)]:inline-flex">
            <KeyHint letter="c" /> {words.answers.keyComment}
          </span>
        ) : null}
      </div>
      <ol className="mt-2 divide-y divide-line border-line border-t" aria-label={words.plan.steps}>
        {rows.map((row) =>
          row.type === "removed" ? (
            isShown ? (
              <RemovedStep key={`removed.${row.step.id}`} step={row.step} number={row.number} />
            ) : null
          ) : (
            <ReviewStep
              key={row.step.id}
              row={{ ...row, step: inNumbers(row.step, plan) }}
              numberOf={isShown ? numberOf : null}
              waitsFor={waiting.get(row.step.id) ?? null}
              tools={tools}
              description={plan.tools?.[row.step.tool]?.description}
              isDone={done.includes(row.step.id)}
              notes={canReject ? notesOn(row.step.id) : undefined}
            />
          ),
        )}
      </ol>
      <PlanActions
        plan={plan}
        allowed={allowed}
        interruptId={interruptId}
        notes={notes}
        hasEdits={edit !== undefined}
        cameFrom={wasEditing ? "edit" : null}
        autonomy={{ offered, chosen: autonomy, onChoose: setAutonomy }}
        onAnswer={onAnswer}
        onEdit={() => setEditing(true)}
      />
    </>
  );
}

/** The step in which the person is. */
function stepInFocus(): string | null {
  const row = document.activeElement?.closest<HTMLElement>("[data-step]");
  return row?.dataset.step ?? null;
}
