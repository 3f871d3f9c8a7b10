import type { FieldProps } from "@rjsf/utils";
import { useState } from "react";
import { words } from "./words.ts";

/** Something of which the schema does not say what it is: JSON, or a text when it is none. */
export function JsonField({ fieldPathId, formData, name, schema, required, disabled, onChange }: FieldProps) {
  const [text, setText] = useState(() => toText(formData));
  const { $id: id, path } = fieldPathId;
  return (
    <div className="form-group">
      <label htmlFor={id} className="control-label">
        {schema.title ?? name}
        {required ? <span className="required">{words.forms.required}</span> : null}
      </label>
      {schema.description ? <p className="field-description">{schema.description}</p> : null}
      <textarea
        id={id}
        rows={1}
        className="form-control"
        placeholder={words.forms.anyValue}
        disabled={disabled ?? false}
        value={text}
        onChange={({ target }) => {
          setText(target.value);
          onChange(toValue(target.value), path);
        }}
      />
    </div>
  );
}

function toText(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" && toValue(value) === value ? value : JSON.stringify(value, null, 2);
}

function toValue(text: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
