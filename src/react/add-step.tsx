import { Plus } from "lucide-react";
import { useId, useState } from "react";
import { Button } from "./button.tsx";
import { addStep, type PlanEdit } from "./plan-edits.ts";
import { RiskBadge } from "./risk-badge.tsx";
import type { Tools } from "./use-tools.ts";
import { words } from "./words.ts";

interface AddStepProps {
  edit: PlanEdit;
  tools: Tools | null;
  onAdd: (edit: PlanEdit) => void;
}

/** One more step, of a tool that the agent has; nothing where the tools are not known. */
export function AddStep({ edit, tools, onAdd }: AddStepProps) {
  const [isOpen, setOpen] = useState(false);
  const [chosen, setChosen] = useState("");
  const [title, setTitle] = useState("");
  const id = useId();
  if (tools === null || tools.size === 0) return null;
  if (!isOpen) {
    return (
      <Button kind="quiet" className="mt-1 px-2! text-accent!" onClick={() => setOpen(true)}>
        <Plus className="size-4" aria-hidden /> {words.editor.add}
      </Button>
    );
  }
  const tool = tools.get(chosen) ?? [...tools.values()][0];
  if (tool === undefined) return null;
  const close = () => {
    setOpen(false);
    setTitle("");
  };
  const add = () => {
    onAdd(addStep(edit, { tool: tool.name, title: title.trim() || tool.name, risk: tool.risk }));
    close();
  };
  const field = "w-full rounded-lg border border-strong bg-bg px-2.5 py-1.5 text-sm";
  return (
    // biome-ignore lint/a11y/useSemanticElements: a form within a form is none
    <div
      role="group"
      aria-label={words.editor.add}
      className="mt-2 grid gap-2 rounded-lg bg-sunken p-3 sm:grid-cols-2"
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          event.preventDefault();
          close();
        } else if (event.key === "Enter" && event.target instanceof HTMLInputElement) {
          event.preventDefault();
          add();
        }
      }}
    >
      <div>
        <label htmlFor={`${id}-tool`} className="mb-0.5 block text-muted text-xs">
          {words.editor.addTool}
        </label>
        <select
          id={`${id}-tool`}
          // biome-ignore lint/a11y/noAutofocus: the person has just asked for this form
          autoFocus
          className={`${field} font-mono`}
          value={tool.name}
          onChange={(event) => setChosen(event.target.value)}
        >
          {[...tools.keys()].map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </div>
      <div>
        <label htmlFor={`${id}-title`} className="mb-0.5 block text-muted text-xs">
          {words.editor.addTitle}
        </label>
        <input
          id={`${id}-title`}
          dir="auto"
          className={field}
          value={title}
          onChange={(event) => setTitle(event.target.value)}
        />
      </div>
      <p className="text-muted text-sm sm:col-span-2">
        {tool.risk ? <RiskBadge risk={tool.risk} /> : null} {tool.description}
      </p>
      <div className="flex gap-2 sm:col-span-2">
        <Button kind="primary" onClick={add}>
          {words.editor.addIt}
        </Button>
        <Button kind="quiet" onClick={close}>
          {words.editor.addNot}
        </Button>
      </div>
    </div>
  );
}
