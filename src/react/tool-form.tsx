import Form from "@rjsf/core/lib/components/Form.js";
import type { RJSFSchema } from "@rjsf/utils";
import { useEffect, useMemo, useRef } from "react";
import { toFormSchema } from "./form-schema.ts";
import type { JsonRecord } from "./json.ts";
import { formLooks } from "./schema-looks.tsx";
import { schemaValidator } from "./schema-validator.ts";
import { words } from "./words.ts";

export interface ToolFormProps {
  idPrefix: string;
  /** JSON Schema of the arguments. */
  schema: JsonRecord;
  args: JsonRecord;
  /** The call is a new one: defaults are filled in. */
  isNew: boolean;
  /** It was about to be sent, and does not fit: it says where. */
  isWrong: boolean;
  onChange: (args: JsonRecord) => void;
}

/** The arguments of a call, as a part of a larger form. Numbers stay numbers; what nobody touches stays as it is. */
export function ToolForm({ idPrefix, schema, args, isNew, isWrong, onChange }: ToolFormProps) {
  const formSchema = useMemo(() => toFormSchema(bare(schema)), [schema]);
  const { properties } = (formSchema ?? {}) as { properties?: JsonRecord };
  const form = useRef<Form>(null);
  useEffect(() => {
    if (isWrong) form.current?.validateForm();
  }, [isWrong]);
  if (formSchema !== null && Object.keys(properties ?? {}).length === 0) {
    return <p className="text-muted text-sm">{words.editor.noArguments}</p>;
  }
  return (
    <div className="countersign-form">
      <Form
        ref={form}
        tagName="div"
        schema={(formSchema ?? ofAnything(args)) as RJSFSchema}
        validator={schemaValidator}
        idPrefix={idPrefix}
        formData={args}
        onChange={({ formData }) => onChange(cleaned(formData as JsonRecord))}
        onError={() => {}} // said at the fields
        // While it is typed in, and not when a field is left: what is pressed next would slip away under the pointer.
        liveValidate={isWrong ? "onChange" : false}
        showErrorList={false}
        noHtml5Validate
        experimental_defaultFormStateBehavior={
          isNew
            ? { requiredBooleanDefault: "skip" }
            : {
                emptyObjectFields: "skipDefaults",
                arrayMinItems: { populate: "never" },
                allOf: "skipDefaults",
              }
        }
        {...formLooks}
      />
    </div>
  );
}

/** What a tool is called and does stands above its form already. */
function bare({ title: _, description: __, ...schema }: JsonRecord): JsonRecord {
  return schema;
}

/** Of a tool whose schema cannot be read, its arguments are all that is known. */
function ofAnything(args: JsonRecord): JsonRecord {
  const properties = Object.fromEntries(Object.keys(args).map((name) => [name, {}]));
  return { type: "object", properties, additionalProperties: {} };
}

/** A field that was emptied is not there. */
function cleaned(args: JsonRecord): JsonRecord {
  return JSON.parse(JSON.stringify(args)) as JsonRecord;
}
