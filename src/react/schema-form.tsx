import Form from "@rjsf/core/lib/components/Form.js";
import type { RJSFSchema } from "@rjsf/utils";
import { useMemo } from "react";
import { AnswerBox } from "./answer-box.tsx";
import { Button } from "./button.tsx";
import type { CardProps } from "./card.ts";
import { toFormSchema, withNulls } from "./form-schema.ts";
import type { JsonRecord } from "./json.ts";
import { KeyHint } from "./key-hint.tsx";
import { useIsActive } from "./question-context.ts";
import { formLooks } from "./schema-looks.tsx";
import { schemaValidator } from "./schema-validator.ts";
import { useAnswering } from "./use-answering.ts";
import { dropDrafts, useDraft } from "./use-draft.ts";
import { useSingleKeys } from "./use-single-keys.ts";
import { words } from "./words.ts";

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
  const formSchema = useMemo(() => toFormSchema(schema), [schema]);

  async function give(data: unknown): Promise<void> {
    if (await send(data)) dropDrafts(interruptId);
  }
  useSingleKeys(
    isActive && answers !== null,
    Object.fromEntries((answers ?? []).map((one, index) => [String(index + 1), () => void give(one.value)])),
  );

  if (formSchema === null) return <AnswerBox interruptId={interruptId} onAnswer={onAnswer} />;
  return (
    <div className="countersign-form mt-3 border-line border-t pt-3">
      {answers === null ? (
        <Form
          schema={formSchema as RJSFSchema}
          validator={schemaValidator}
          idPrefix={`answer-${interruptId}`}
          formData={draft?.data}
          onChange={({ formData }) => setDraft({ data: formData })}
          onSubmit={({ formData }) => void give(withNulls(formSchema, formData))}
          experimental_defaultFormStateBehavior={{ requiredBooleanDefault: "skip" }}
          // Said at the fields; without a listener it would be said on the console too.
          onError={() => {}}
          showErrorList={false}
          focusOnFirstError
          noHtml5Validate
          disabled={isSending}
          {...formLooks}
        >
          <Button type="submit" kind="primary" className="mt-1" disabled={isSending}>
            {words.forms.answer}
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
