import type { Plan, Proposal } from "countersign/agent";
import { useId, useMemo, useRef, useState } from "react";
import { AddStep } from "./add-step.tsx";
import { AutonomyPicker, type AutonomyPickerProps } from "./autonomy-picker.tsx";
import { Button } from "./button.tsx";
import { ChangesList } from "./changes-list.tsx";
import { misfitsOf } from "./edit-misfits.ts";
import { EditStep } from "./edit-step.tsx";
import { ChangeCounts } from "./plan-changes.tsx";
import { compareSteps, countChanges, diffRows } from "./plan-diff.ts";
import {
  changeStep,
  dropStep,
  moveStep,
  orderProblems,
  type PlanEdit,
  toEdit,
  toProposal,
} from "./plan-edits.ts";
import { useAnswering } from "./use-answering.ts";
import { useDragOrder } from "./use-drag-order.ts";
import type { Tools } from "./use-tools.ts";
import { words } from "./words.ts";

export interface PlanEditorProps {
  plan: Plan;
  /** As far as the person has come; undefined before anything is changed. */
  edit: PlanEdit | undefined;
  /** Ids of steps that have run: they stay as they are. */
  done: readonly string[];
  /** Null until they are known. */
  tools: Tools | null;
  autonomy: AutonomyPickerProps;
  /** Undefined: all that was changed is put back. */
  onEdit: (edit: PlanEdit | undefined) => void;
  /** Sends what is approved. Rejects with what went wrong, in words. */
  onSave: (edited: Proposal) => Promise<void>;
  onClose: () => void;
}

/** Rewrites a plan before it is approved: what is sent is approved, and runs as edited. */
export function PlanEditor(props: PlanEditorProps) {
  const { plan, done, tools, autonomy, onEdit, onSave, onClose } = props;
  const edit = useMemo(() => props.edit ?? toEdit(plan), [props.edit, plan]);
  const { isSending, error, setError, send } = useAnswering((answer) => onSave(answer as Proposal));
  const [said, setSaid] = useState("");
  const [misfits, setMisfits] = useState<readonly string[]>([]);
  const list = useRef<HTMLOListElement>(null);
  const problems = orderProblems(edit);
  const titleId = useId();

  function move(from: number, to: number): void {
    const moved = moveStep(edit, from, to);
    if (moved === edit) return;
    onEdit(moved);
    const step = edit.steps[from];
    const place = moved.steps.findIndex(({ id }) => id === step?.id) + 1;
    setSaid(words.editor.moved(step?.title ?? "", place, moved.steps.length));
  }
  const drag = useDragOrder(list, move);

  async function save(): Promise<void> {
    setError(null);
    const draft = proposalOf(plan, edit);
    if (draft.proposal === null) return setError(draft.error);
    if (problems.length > 0) return setError(words.editor.inOrder);
    if (isUntitled(edit)) return setError(words.editor.mustHaveTitle);
    const wrong = await misfitsOf(draft.proposal.steps, tools);
    setMisfits(wrong);
    if (wrong.length > 0) {
      const numbers = wrong.map((id) => edit.steps.findIndex((step) => step.id === id) + 1);
      return setError(words.editor.misfits(numbers));
    }
    await send(draft.proposal);
  }

  return (
    <form
      aria-label={words.editor.label}
      className="mt-2"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !event.defaultPrevented && !isSending) onClose();
      }}
    >
      <label htmlFor={titleId} className="mb-0.5 block text-muted text-xs">
        {words.editor.title}
      </label>
      <input
        id={titleId}
        // biome-ignore lint/a11y/noAutofocus: the person has just asked for this form
        autoFocus
        dir="auto"
        className="w-full rounded-lg border border-strong bg-bg px-2.5 py-1.5 font-medium"
        value={edit.title}
        onChange={(event) => onEdit({ ...edit, title: event.target.value })}
      />
      <ol ref={list} className="mt-3 divide-y divide-line border-line border-y" aria-label={words.plan.steps}>
        {edit.steps.map((step, index) => (
          <EditStep
            key={step.id}
            edit={edit}
            step={step}
            number={index + 1}
            tool={tools?.get(step.tool)}
            description={plan.tools?.[step.tool]?.description}
            isLoading={tools === null}
            isFixed={done.includes(step.id)}
            isShort={plan.steps.length <= 3}
            isWrong={misfits.includes(step.id)}
            problems={problems.filter((one) => one.step.id === step.id)}
            isDragged={drag.dragged === index}
            handle={drag.handleOf(index)}
            onChange={(change) => onEdit(changeStep(edit, step.id, change))}
            onMove={(to) => move(index, to)}
            onDrop={() => onEdit(dropStep(edit, step.id))}
          />
        ))}
      </ol>
      <div aria-live="polite" className="sr-only">
        {said}
      </div>
      <AddStep edit={edit} tools={tools} onAdd={onEdit} />
      <Footer
        plan={plan}
        edit={edit}
        autonomy={autonomy}
        isSending={isSending}
        error={error}
        onDiscard={() => {
          onEdit(undefined);
          onClose();
        }}
        onClose={onClose}
      />
    </form>
  );
}

interface FooterProps {
  plan: Plan;
  edit: PlanEdit;
  autonomy: AutonomyPickerProps;
  isSending: boolean;
  error: string | null;
  onDiscard: () => void;
  onClose: () => void;
}

/** What would be sent, before it is. */
function Footer({ plan, edit, autonomy, isSending, error, onDiscard, onClose }: FooterProps) {
  const { proposal, error: problem } = proposalOf(plan, edit);
  const steps = proposal?.steps ?? [];
  const rows = diffRows(steps, compareSteps(plan.steps, steps), plan.steps);
  const isRenamed = proposal !== null && proposal.title !== plan.title;
  const counts = countChanges(rows);
  const isChanged = isRenamed || Object.values(counts).some((count) => count > 0);
  const isEmpty = edit.steps.every(({ isIncluded }) => !isIncluded);
  return (
    <>
      {isChanged && proposal !== null ? (
        <section aria-label={words.editor.changes} className="mt-3 text-sm">
          <h3 className="mb-1 font-medium">{words.editor.changes}</h3>
          <ChangesList
            rows={rows}
            renamed={isRenamed ? { before: plan.title, after: proposal.title } : null}
            steps={steps}
          />
        </section>
      ) : null}
      {autonomy.offered.length > 0 ? (
        <div className="mt-3 border-line border-t pt-3 text-muted text-sm">
          <AutonomyPicker {...autonomy} />
        </div>
      ) : null}
      <div className="-mx-4 sm:-mx-5 -mb-4 sm:-mb-5 sticky bottom-0 z-[2] mt-3 rounded-b-xl border-line border-t bg-panel px-4 py-3 sm:px-5">
        {error ? (
          <p role="alert" className="mb-2 whitespace-pre-wrap break-words text-bad text-sm">
            {error}
          </p>
        ) : null}
        <div className="flex flex-wrap items-center gap-2">
          <Button type="submit" kind="primary" disabled={isSending || isEmpty || !isChanged}>
            {words.editor.save}
          </Button>
          <Button onClick={onClose} disabled={isSending} title={words.editor.backHint}>
            {words.editor.back}
          </Button>
          <Button kind="quiet" onClick={onDiscard} disabled={isSending}>
            {words.editor.discard}
          </Button>
          <p className="ms-auto text-muted text-xs">
            {proposal === null ? (
              <span className="text-bad">{problem}</span>
            ) : isEmpty ? (
              <span className="text-bad">{words.editor.mustHaveStep}</span>
            ) : isChanged ? (
              <ChangeCounts counts={counts} />
            ) : (
              words.editor.noChanges
            )}
          </p>
        </div>
      </div>
    </>
  );
}

type Draft = { proposal: ReturnType<typeof toProposal>; error: null } | { proposal: null; error: string };

function proposalOf(plan: Plan, edit: PlanEdit): Draft {
  try {
    return { proposal: toProposal(plan, edit), error: null };
  } catch (problem) {
    return { proposal: null, error: problem instanceof Error ? problem.message : String(problem) };
  }
}

function isUntitled({ title, steps }: PlanEdit): boolean {
  return title.trim() === "" || steps.some((step) => step.isIncluded && step.title.trim() === "");
}
