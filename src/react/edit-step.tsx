import { ArrowDown, ArrowUp, ChevronRight, GripVertical, X } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { ArgumentField } from "./argument-fields.tsx";
import { Arguments } from "./arguments.tsx";
import { Button } from "./button.tsx";
import { EditArguments } from "./edit-arguments.tsx";
import type { OrderProblem, PlanEdit, StepEdit } from "./plan-edits.ts";
import { ruleProblems } from "./plan-edits.ts";
import type { ToolInfo } from "./plan-requests.ts";
import { RiskBadge } from "./risk-badge.tsx";
import { ToolName } from "./tool-name.tsx";
import type { DragHandle } from "./use-drag-order.ts";
import { words } from "./words.ts";

export interface EditStepProps {
  edit: PlanEdit;
  step: StepEdit;
  number: number;
  tool: ToolInfo | undefined;
  description: string | undefined;
  /** The tools are not known yet. */
  isLoading: boolean;
  /** It has run: it stays as it is. */
  isFixed: boolean;
  /** The plan is short: its steps are open. */
  isShort: boolean;
  isWrong: boolean;
  problems: readonly OrderProblem[];
  isDragged: boolean;
  handle: DragHandle;
  onChange: (change: Partial<StepEdit>) => void;
  onMove: (to: number) => void;
  onDrop: () => void;
}

/** One step in the editor: its place, whether it is in, what it is called, and what it is called with. */
export function EditStep(props: EditStepProps) {
  const { edit, step, number, tool, isFixed, isShort, isWrong, isDragged, onChange } = props;
  const { title, isIncluded, isNew } = step;
  const [isOpened, setOpened] = useState(isShort || isNew);
  const isOpen = isIncluded && (isOpened || isWrong);
  const bodyId = useId();
  return (
    <li
      data-step={step.id}
      data-included={isIncluded}
      className={`py-2.5 ${isDragged ? "relative z-[2] bg-accent-soft shadow-md" : ""}`}
      onKeyDown={(event) => {
        if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
        if (event.target instanceof HTMLTextAreaElement) return;
        event.preventDefault();
        props.onMove(number - 1 + (event.key === "ArrowUp" ? -1 : 1));
      }}
    >
      <div className="flex flex-wrap items-center gap-x-1.5 gap-y-1">
        <button
          type="button"
          {...props.handle}
          aria-label={words.editor.drag(number)}
          title={words.editor.dragHint}
          aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown"
          className="flex size-7 shrink-0 cursor-grab touch-none items-center justify-center rounded text-muted hover:text-ink active:cursor-grabbing"
        >
          <GripVertical className="size-4" aria-hidden />
        </button>
        <input
          type="checkbox"
          className="size-4 shrink-0"
          aria-label={words.editor.include(number, title)}
          checked={isIncluded}
          onChange={(event) => onChange({ isIncluded: event.target.checked })}
        />
        <span className="w-6 shrink-0 text-end font-semibold text-muted text-xs" aria-hidden>
          {`${number}.`}
        </span>
        {isFixed ? (
          <span dir="auto" className="min-w-40 flex-1 font-medium">
            {title}
          </span>
        ) : (
          <input
            aria-label={words.editor.stepTitle(number)}
            dir="auto"
            disabled={!isIncluded}
            className="min-w-40 flex-1 rounded-lg border border-transparent bg-transparent px-1.5 py-1 font-medium hover:border-strong focus:border-strong disabled:text-muted disabled:line-through"
            value={title}
            onChange={(event) => onChange({ title: event.target.value })}
          />
        )}
        <span className="ms-auto flex shrink-0 items-center gap-1.5">
          <ToolName name={step.tool} tool={tool} description={props.description} />
          {step.risk ? <RiskBadge risk={step.risk} /> : null}
          {isIncluded ? null : <span className="text-muted text-xs">{words.editor.leftOut}</span>}
          <StepButtons {...props} />
        </span>
      </div>
      {isIncluded ? (
        <div className="ps-9">
          <Problems {...props} />
          {isFixed ? (
            <>
              <p className="text-muted text-xs">{words.editor.done}</p>
              <Arguments args={step.args} />
            </>
          ) : (
            <>
              <button
                type="button"
                aria-expanded={isOpen}
                aria-controls={bodyId}
                onClick={() => setOpened(!isOpen)}
                className="flex min-h-6 max-w-full items-center gap-1 rounded text-muted text-xs hover:text-ink"
              >
                <ChevronRight
                  className={`size-3.5 shrink-0 transition-transform rtl:-scale-x-100 ${isOpen ? "rotate-90" : ""}`}
                  aria-hidden
                />
                <span className="truncate">
                  {words.arguments.label}
                  {isOpen ? "" : `: ${argumentsInLine(step)}`}
                </span>
              </button>
              <div id={bodyId} hidden={!isOpen}>
                {isOpen ? (
                  <>
                    <EditArguments {...props} />
                    <LateRules step={step} onChange={onChange} />
                    <WaitsFor edit={edit} step={step} onChange={onChange} />
                  </>
                ) : null}
              </div>
            </>
          )}
        </div>
      ) : null}
    </li>
  );
}

function argumentsInLine({ args, late }: StepEdit): string {
  const shown = Object.values(args).map((value) =>
    typeof value === "string" ? value.split("\n", 1)[0] : JSON.stringify(value),
  );
  return [...shown, ...Object.keys(late)].join(", ").slice(0, 120);
}

function StepButtons({ edit, step, number, onMove, onDrop }: EditStepProps) {
  return (
    <span className="flex">
      <IconButton
        label={words.editor.up(number)}
        isDisabled={number === 1}
        onClick={() => onMove(number - 2)}
      >
        <ArrowUp className="size-4" aria-hidden />
      </IconButton>
      <IconButton
        label={words.editor.down(number)}
        isDisabled={number === edit.steps.length}
        onClick={() => onMove(number)}
      >
        <ArrowDown className="size-4" aria-hidden />
      </IconButton>
      {step.isNew ? (
        <IconButton label={words.editor.remove(number)} onClick={onDrop}>
          <X className="size-4" aria-hidden />
        </IconButton>
      ) : null}
    </span>
  );
}

interface IconButtonProps {
  label: string;
  isDisabled?: boolean;
  onClick: () => void;
  children: ReactNode;
}

/** One that cannot be pressed now keeps the focus: a step that has come to the top is moved on from there. */
function IconButton({ label, isDisabled = false, onClick, children }: IconButtonProps) {
  return (
    <button
      type="button"
      className="flex size-7 items-center justify-center rounded-lg text-muted hover:bg-sunken hover:text-ink aria-disabled:cursor-not-allowed aria-disabled:opacity-40"
      aria-label={label}
      title={label}
      aria-disabled={isDisabled}
      onClick={() => {
        if (!isDisabled) onClick();
      }}
    >
      {children}
    </button>
  );
}

/** Where the order contradicts what waits for what, and where a rule speaks of what will not be there. */
function Problems({ edit, step, number, problems, onMove, onChange }: EditStepProps) {
  const place = (id: string) => edit.steps.findIndex((one) => one.id === id);
  const rules = ruleProblems(edit).filter((one) => one.step.id === step.id);
  return (
    <>
      {problems.map(({ waitsFor }) => {
        const other = place(waitsFor.id) + 1;
        return (
          <div key={waitsFor.id} role="alert" className="my-1 rounded-lg bg-warn-soft px-2.5 py-1.5 text-sm">
            <p className="text-warn">{words.editor.contradicts(number, other)}</p>
            <span className="mt-1 flex flex-wrap gap-2">
              <Button className="min-h-8! py-1!" onClick={() => onMove(other - 1)}>
                {words.editor.moveBelow(other)}
              </Button>
              <Button
                className="min-h-8! py-1!"
                onClick={() => onChange({ after: step.after.filter((id) => id !== waitsFor.id) })}
              >
                {words.editor.waitNot(other)}
              </Button>
            </span>
          </div>
        );
      })}
      {rules.map(({ argument, names }) => (
        <p key={`${argument}.${names.id}`} className="my-1 text-sm text-warn">
          {words.editor.ruleNames(argument, place(names.id) + 1)}
        </p>
      ))}
    </>
  );
}

interface StepPartProps {
  step: StepEdit;
  onChange: (change: Partial<StepEdit>) => void;
}

/** How arguments will be written while the plan runs. */
function LateRules({ step, onChange }: StepPartProps) {
  const id = useId();
  const { late, args } = step;
  return Object.keys(late).map((name) => (
    <div key={name} className="mt-2">
      <ArgumentField
        id={`${id}-late-${name}`}
        name={words.editor.late(name)}
        hint={words.editor.lateHint}
        text={late[name] ?? ""}
        onChange={(text) => onChange({ late: { ...late, [name]: text } })}
      />
      <Button
        kind="quiet"
        className="mt-0.5 min-h-7! px-1.5! py-0.5! text-xs!"
        onClick={() => {
          const { [name]: _, ...others } = late;
          onChange({ late: others, args: { ...args, [name]: "" } });
        }}
      >
        {words.editor.writeNow(name)}
      </Button>
    </div>
  ));
}

/** Which of the steps above must be done first. */
function WaitsFor({ edit, step, onChange }: StepPartProps & { edit: PlanEdit }) {
  const place = edit.steps.indexOf(step);
  const above = edit.steps.slice(0, place).filter(({ isIncluded }) => isIncluded);
  if (above.length === 0) return null;
  return (
    <fieldset className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
      <legend className="float-start me-3 text-muted text-xs">{words.editor.waits}</legend>
      {above.map((other) => (
        <label key={other.id} className="flex items-center gap-1.5 text-xs" title={other.title}>
          <input
            type="checkbox"
            checked={step.after.includes(other.id)}
            onChange={(event) => {
              const others = step.after.filter((id) => id !== other.id);
              onChange({ after: event.target.checked ? [...others, other.id] : others });
            }}
          />
          {words.step.named(edit.steps.indexOf(other) + 1)}
        </label>
      ))}
    </fieldset>
  );
}
