import {
  type ArrayFieldItemTemplateProps,
  getTemplate,
  getUiOptions,
  type IconButtonProps,
  type MultiSchemaFieldTemplateProps,
} from "@rjsf/utils";
import { ArrowDown, ArrowUp, Copy, type LucideIcon, Plus, X } from "lucide-react";
import { isValidElement } from "react";
import { Button } from "./button.tsx";
import { JsonField } from "./json-field.tsx";
import { formWidgets } from "./schema-widgets.tsx";
import { words } from "./words.ts";

function toIconButton(Icon: LucideIcon, name: "copy" | "moveDown" | "moveUp" | "remove") {
  return function SchemaButton({ onClick, disabled }: IconButtonProps) {
    const label = words.forms[name];
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

const CopyButton = toIconButton(Copy, "copy");
const MoveDownButton = toIconButton(ArrowDown, "moveDown");
const MoveUpButton = toIconButton(ArrowUp, "moveUp");
const RemoveButton = toIconButton(X, "remove");

function AddButton({ onClick, disabled }: IconButtonProps) {
  return (
    <Button className="mt-1 self-start" disabled={disabled} onClick={onClick}>
      <Plus className="size-4" aria-hidden /> {words.forms.add}
    </Button>
  );
}

/** One of a list, and what can be done with it. */
function ListItem(props: ArrayFieldItemTemplateProps) {
  const { children, buttonsProps, className, hasToolbar, registry, uiSchema } = props;
  const Buttons = getTemplate("ArrayFieldItemButtonsTemplate", registry, getUiOptions(uiSchema));
  return (
    <div className={`flex items-start gap-2 ${className}`}>
      <div className="min-w-0 flex-1">{children}</div>
      {hasToolbar ? (
        <div className="flex">
          <Buttons {...buttonsProps} />
        </div>
      ) : null}
    </div>
  );
}

/** Which of several kinds it is, and the fields of that kind. */
function KindChoice({ selector, optionSchemaField }: MultiSchemaFieldTemplateProps) {
  const { label, hideLabel, id } = isValidElement<Record<string, unknown>>(selector) ? selector.props : {};
  const name = typeof label === "string" ? label : "";
  return (
    <div>
      {selector ? (
        <div className="form-group">
          <label htmlFor={String(id)} dir="auto" className={hideLabel === true ? "control-label" : "sr-only"}>
            {hideLabel === true ? name : words.forms.kindOf(name)}
          </label>
          {selector}
        </div>
      ) : null}
      {optionSchemaField}
    </div>
  );
}

/** How every form made from a schema looks. */
export const formLooks = {
  templates: {
    ArrayFieldItemTemplate: ListItem,
    MultiSchemaFieldTemplate: KindChoice,
    ButtonTemplates: { AddButton, CopyButton, MoveDownButton, MoveUpButton, RemoveButton },
  },
  widgets: formWidgets,
  fields: { FallbackField: JsonField },
  useFallbackUiForUnsupportedType: true,
  uiSchema: { "ui:submitButtonOptions": { norender: true } },
};
