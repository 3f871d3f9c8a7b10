import Form from "@rjsf/core/lib/components/Form.js";
import type { IconButtonProps, RJSFSchema, UiSchema } from "@rjsf/utils";
import { ArrowDown, ArrowUp, Copy, type LucideIcon, Plus, X } from "lucide-react";
import { useMemo } from "react";
import { Button } from "../components/button.tsx";
import { KeyHint } from "../components/key-hint.tsx";
import type { JsonRecord } from "../conversation/json.ts";
import { dropDrafts, useDraft } from "../hooks/use-draft.ts";
import { useSingleKeys } from "../hooks/use-single-keys.ts";
import type { CardProps } from "./card.ts";
import { useIsActive } from "./queue.ts";
import { schemaValidator } from "./schema-validator.ts";
import { useAnswering } from "./use-answering.ts";

export interface SchemaFormProps {
  interruptId: string;
  /** JSON Schema of the answer. */
  schema: JsonRecord;
  onAnswer: CardProps["onAnswer"];
}

/** A form made from a JSON Schema; what is typed in survives a reload. */
export function SchemaForm({ interruptId, schema, onAnswer }: SchemaFormProps) {
  const [draft, setDraft] = useDraft<{ data: unknown }>(`form.${interruptId}`);
  const { isSending, error, send } = useAnswering(onAnswer);
  const isActive = useIsActive(interruptId);
  const answers = useMemo(() => oneWordAnswers(schema), [schema]);
  const uiSchema = useMemo(() => uiOf(schema), [schema]);

  async function give(data: unknown): Promise<void> {
    if (await send(data)) dropDrafts(interruptId);
  }
  useSingleKeys(
    isActive && answers !== null,
    Object.fromEntries((answers ?? []).map((one, index) => [String(index + 1), () => void give(one.value)])),
  );

  return (
    <div className="schema-form mt-3 border-line border-t pt-3">
      {answers === null ? (
        <Form
          schema={schema as RJSFSchema}
          uiSchema={uiSchema}
          validator={schemaValidator}
          idPrefix={`answer-${interruptId}`}
          formData={draft?.data}
          onChange={({ formData }) => setDraft({ data: formData })}
          onSubmit={({ formData }) => void give(formData)}
          experimental_defaultFormStateBehavior={{ requiredBooleanDefault: "skip" }}
          // Said at the fields; without a listener it would be said on the console too.
          onError={() => {}}
          showErrorList={false}
          focusOnFirstError
          noHtml5Validate
          disabled={isSending}
          templates={{
            ButtonTemplates: { AddButton, CopyButton, MoveDownButton, MoveUpButton, RemoveButton },
          }}
        >
          <Button type="submit" kind="primary" className="mt-1" disabled={isSending}>
            Answer
          </Button>
        </Form>
      ) : (
        <div className="flex flex-wrap gap-2">
          {answers.map(({ label, value }, index) => (
            <Button
              key={label}
              disabled={isSending}
              aria-keyshortcuts={String(index + 1)}
              onClick={() => void give(value)}
            >
              {label}
              <KeyHint letter={String(index + 1)} />
            </Button>
          ))}
        </div>
      )}
      {error ? (
        <p role="alert" className="mt-2 break-words text-bad text-sm">
          {error}
        </p>
      ) : null}
    </div>
  );
}

/** The answers themselves, where the schema leaves a few words to choose from: buttons need no form. */
function oneWordAnswers({ type, enum: words }: JsonRecord): { label: string; value: unknown }[] | null {
  if (type === "boolean") {
    return [
      { label: "Yes", value: true },
      { label: "No", value: false },
    ];
  }
  if (!Array.isArray(words) || words.length > 6 || words.some((one) => typeof one !== "string")) return null;
  return words.map((value) => ({ label: String(value), value }));
}

/** Long texts get a box; yes or no is asked, so that nothing is decided by not looking. */
function uiOf({ properties }: JsonRecord): UiSchema {
  const ui: UiSchema = { "ui:submitButtonOptions": { norender: true } };
  for (const [name, property] of Object.entries((properties ?? {}) as Record<string, JsonRecord>)) {
    const { type, format, maxLength, enum: words, default: preset } = property ?? {};
    const isLong = type === "string" && format === undefined && words === undefined;
    if (isLong && (typeof maxLength !== "number" || maxLength > 200)) {
      ui[name] = { "ui:widget": "textarea", "ui:options": { rows: 1 } };
    }
    if (type === "boolean" && preset === undefined) ui[name] = { "ui:widget": "radio" };
  }
  return ui;
}

function toIconButton(Icon: LucideIcon, label: string) {
  return function SchemaButton({ onClick, disabled }: IconButtonProps) {
    return (
      <Button
        kind="quiet"
        className="px-2"
        disabled={disabled}
        aria-label={label}
        title={label}
        onClick={onClick}
      >
        <Icon className="size-4" aria-hidden />
      </Button>
    );
  };
}

const CopyButton = toIconButton(Copy, "Copy");
const MoveDownButton = toIconButton(ArrowDown, "Move down");
const MoveUpButton = toIconButton(ArrowUp, "Move up");
const RemoveButton = toIconButton(X, "Remove");

function AddButton({ onClick, disabled }: IconButtonProps) {
  return (
    <Button className="mt-1 self-start" disabled={disabled} onClick={onClick}>
      <Plus className="size-4" aria-hidden /> Add
    </Button>
  );
}
