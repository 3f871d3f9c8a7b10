import Checkboxes from "@rjsf/core/lib/components/widgets/CheckboxesWidget.js";
import Checkbox from "@rjsf/core/lib/components/widgets/CheckboxWidget.js";
import Radios from "@rjsf/core/lib/components/widgets/RadioWidget.js";
import Select from "@rjsf/core/lib/components/widgets/SelectWidget.js";
import Textarea from "@rjsf/core/lib/components/widgets/TextareaWidget.js";
import Text from "@rjsf/core/lib/components/widgets/TextWidget.js";
import { descriptionId, type WidgetProps } from "@rjsf/utils";
import { words } from "./words.ts";

/** Yes or no is asked, so that nothing is decided by not looking; what is preset is a box with a tick, or none. */
function YesOrNo(props: WidgetProps) {
  const { id, label, hideLabel, required, schema } = props;
  if (schema.default !== undefined) return <Checkbox {...props} />;
  const { description } = schema;
  return (
    <fieldset className="countersign-choices" aria-label={label}>
      {hideLabel ? null : (
        <span className="control-label" aria-hidden>
          {label}
          {required ? <span className="required">{words.forms.required}</span> : null}
        </span>
      )}
      {description ? (
        <p id={descriptionId(id)} className="field-description">
          {description}
        </p>
      ) : null}
      <Radios {...props} />
    </fieldset>
  );
}

/** Choices up to which all of them are shown. */
const few = 8;

/** One of several; of a few from which any may be chosen, each is a box to tick. */
function Choice(props: WidgetProps) {
  const { label, multiple = false, options } = props;
  if (!multiple || (options.enumOptions?.length ?? 0) > few) return <Select {...props} />;
  return (
    <fieldset className="countersign-choices" aria-label={label}>
      <Checkboxes {...props} />
    </fieldset>
  );
}

/** Up to so many characters fit in a line. */
const lineLength = 200;

/** Texts that may be long get a box that grows. */
function TextBox(props: WidgetProps) {
  const { type, format, maxLength = Number.POSITIVE_INFINITY } = props.schema;
  if ("const" in props.schema) return <Text {...props} readonly />;
  const isLong = isOne(type, "string") && format === undefined && maxLength > lineLength;
  return isLong ? <Textarea {...props} options={{ ...props.options, rows: 1 }} /> : <Text {...props} />;
}

function isOne(type: WidgetProps["schema"]["type"], wanted: string): boolean {
  return Array.isArray(type) ? type.some((one) => one === wanted) : type === wanted;
}

export const formWidgets = { CheckboxWidget: YesOrNo, SelectWidget: Choice, TextWidget: TextBox };
