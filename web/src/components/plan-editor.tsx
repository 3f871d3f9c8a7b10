import type { Plan, PlanStep, Proposal } from "countersign/agent";
import { useId, useState } from "react";
import { readArguments, toTexts } from "../conversation/argument-texts.ts";
import { ArgumentField, ArgumentFields } from "./argument-fields.tsx";
import { Button } from "./button.tsx";

export interface PlanEditorProps {
  plan: Plan;
  onSave: (edited: Proposal) => Promise<void>;
  onCancel: () => void;
}

interface StepDraft {
  step: PlanStep;
  isIncluded: boolean;
  /** Text as typed, by argument. */
  texts: Record<string, string>;
  late: Record<string, string>;
}

/** Changes arguments and leaves out steps; what is saved is approved and runs as edited. */
export function PlanEditor({ plan, onSave, onCancel }: PlanEditorProps) {
  const [drafts, setDrafts] = useState(() => plan.steps.map(toDraft));
  const [error, setError] = useState<string | null>(null);
  const [isSending, setSending] = useState(false);

  function change(index: number, change: Partial<StepDraft>): void {
    setDrafts((before) => before.map((draft, at) => (at === index ? { ...draft, ...change } : draft)));
  }

  async function save(): Promise<void> {
    setError(null);
    try {
      const edited = toProposal(plan, drafts);
      setSending(true);
      await onSave(edited);
    } catch (problem) {
      setError(problem instanceof Error ? problem.message : String(problem));
      setSending(false);
    }
  }

  return (
    <form
      aria-label="Edit the plan"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") onCancel();
      }}
    >
      <ol className="mt-2 divide-y divide-line border-line border-t">
        {drafts.map((draft, index) => (
          <StepFields
            key={draft.step.id}
            draft={draft}
            number={index + 1}
            onChange={(next) => change(index, next)}
          />
        ))}
      </ol>
      {error ? (
        <p role="alert" className="mt-2 text-bad text-sm">
          {error}
        </p>
      ) : null}
      <div className="mt-3 flex flex-wrap gap-2">
        <Button
          type="submit"
          kind="primary"
          disabled={isSending || drafts.every(({ isIncluded }) => !isIncluded)}
        >
          Approve as edited
        </Button>
        <Button kind="quiet" onClick={onCancel} disabled={isSending}>
          Discard edits
        </Button>
      </div>
    </form>
  );
}

interface StepFieldsProps {
  draft: StepDraft;
  number: number;
  onChange: (change: Partial<StepDraft>) => void;
}

function StepFields({ draft, number, onChange }: StepFieldsProps) {
  const id = useId();
  const { step, isIncluded, texts, late } = draft;
  return (
    <li className={`py-3 ${isIncluded ? "" : "opacity-60"}`}>
      <label className="flex items-center gap-2 font-medium">
        <input
          type="checkbox"
          checked={isIncluded}
          onChange={(event) => onChange({ isIncluded: event.target.checked })}
        />
        {number}. {step.title}
        <code className="rounded bg-sunken px-1.5 py-0.5 font-mono font-normal text-muted text-xs">
          {step.tool}
        </code>
      </label>
      {isIncluded ? (
        <div className="mt-2 grid gap-2 pl-6">
          <ArgumentFields args={step.args} texts={texts} onChange={(next) => onChange({ texts: next })} />
          {Object.keys(step.late ?? {}).map((name) => (
            <ArgumentField
              key={name}
              id={`${id}-late-${name}`}
              name={`${name}, decided while it runs`}
              hint="how to write it"
              text={late[name] ?? ""}
              onChange={(text) => onChange({ late: { ...late, [name]: text } })}
            />
          ))}
        </div>
      ) : null}
    </li>
  );
}

function toDraft(step: PlanStep): StepDraft {
  return { step, isIncluded: true, texts: toTexts(step.args), late: { ...step.late } };
}

/** Types are kept: what was a string stays one, everything else is read as JSON of the same type. */
function toProposal(plan: Plan, drafts: StepDraft[]): Proposal {
  const included = drafts.filter(({ isIncluded }) => isIncluded);
  const ids = new Set(included.map(({ step }) => step.id));
  const { title, summary, assumptions } = plan;
  return {
    title,
    summary,
    assumptions,
    steps: included.map(({ step, texts, late }) => ({
      id: step.id,
      title: step.title,
      why: step.why,
      tool: step.tool,
      args: readArguments(step.args, texts),
      ...(Object.keys(late).length > 0 ? { late } : {}),
      after: step.after.filter((id) => ids.has(id)),
    })),
  };
}
