import { ArgumentFields } from "./argument-fields.tsx";
import { toTexts } from "./argument-texts.ts";
import { Button } from "./button.tsx";
import { deferred } from "./deferred.tsx";
import { withoutLate } from "./edit-misfits.ts";
import type { StepEdit } from "./plan-edits.ts";
import type { ToolInfo } from "./plan-requests.ts";
import type { ToolFormProps } from "./tool-form.tsx";
import { words } from "./words.ts";

const ToolForm = deferred<ToolFormProps>(
  async () => (await import("./tool-form.tsx")).ToolForm,
  () => <Loading />,
);

interface EditArgumentsProps {
  step: StepEdit;
  tool: ToolInfo | undefined;
  isLoading: boolean;
  isWrong: boolean;
  onChange: (change: Partial<StepEdit>) => void;
}

/** The arguments of a step: a form made from the tool's schema, or, where there is none, a field for each. */
export function EditArguments({ step, tool, isLoading, isWrong, onChange }: EditArgumentsProps) {
  const { args, texts, late } = step;
  if (isLoading) return <Loading />;
  const later = (tool?.contentArguments ?? []).filter((name) => name in args);
  return (
    <div className="mt-1.5">
      {tool?.schema ? (
        <ToolForm
          idPrefix={`edit-${step.id}`}
          schema={withoutLate(tool.schema, Object.keys(late))}
          args={args}
          isNew={step.isNew}
          isWrong={isWrong}
          onChange={(changed) => onChange({ args: changed })}
        />
      ) : (
        <ArgumentFields
          args={args}
          texts={{ ...toTexts(args), ...texts }}
          onChange={(typed) => onChange({ texts: typed })}
        />
      )}
      {later.map((name) => (
        <Button
          key={name}
          kind="quiet"
          className="mt-0.5 min-h-7! px-1.5! py-0.5! text-xs!"
          onClick={() => {
            const { [name]: _, ...others } = args;
            onChange({ args: others, late: { ...late, [name]: "" } });
          }}
        >
          {words.editor.writeLater(name)}
        </Button>
      ))}
    </div>
  );
}

function Loading() {
  return (
    <p role="status" className="mt-2 text-muted text-sm">
      {words.editor.loading}
    </p>
  );
}
