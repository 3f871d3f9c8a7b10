import { type Schema, Validator } from "@cfworker/json-schema";
import { type RJSFSchema, type RJSFValidationError, toErrorSchema, type ValidatorType } from "@rjsf/utils";
import { withNulls } from "./form-schema.ts";
import { words } from "./words.ts";

/** Keywords that only say "something below is wrong"; the leaves say what. */
const compound = new Set(["properties", "items", "anyOf", "oneOf", "allOf", "$ref", "additionalProperties"]);

/**
 * Judges form data by JSON Schema draft 2020-12 without making code from the schema (`ajv` does, and the page's
 * Content-Security-Policy forbids it), with the library that the server uses, so that both say the same. Rules
 * beyond the schema (`customValidate`) are not its matter.
 */
export const schemaValidator: ValidatorType = {
  validateFormData(formData, schema) {
    const errors = toErrors(schema, withNulls(schema, formData));
    return { errors, errorSchema: toErrorSchema(errors) };
  },
  isValid(schema, formData, { $defs, definitions }) {
    // Branches of a schema refer to definitions of the whole.
    const whole = { ...($defs ? { $defs } : {}), ...(definitions ? { definitions } : {}), ...schema };
    try {
      return validate(whole, formData).valid;
    } catch {
      return false;
    }
  },
  rawValidation: (schema, formData) => ({ errors: toErrors(schema, formData) as never[] }),
};

/** True of what fits the schema. What cannot be judged here is the server's to judge. */
export function fits(schema: Record<string, unknown>, value: unknown): boolean {
  try {
    return validate(schema as RJSFSchema, value).valid;
  } catch {
    return true;
  }
}

function validate(schema: RJSFSchema, value: unknown) {
  return new Validator(schema as Schema, "2020-12", false).validate(value ?? null);
}

function toErrors(schema: RJSFSchema, formData: unknown): RJSFValidationError[] {
  if (fits(schema, formData)) return [];
  const { errors } = validate(schema, formData);
  const leaves = errors.filter(({ keyword }) => !compound.has(keyword));
  return (leaves.length > 0 ? leaves : errors).map(({ instanceLocation, keyword, error }) => {
    const missing = keyword === "required" ? error.match(/property "([^"]+)"/)?.[1] : undefined;
    const path = instanceLocation
      .replace(/^#\/?/, "")
      .split("/")
      .filter((part) => part !== "");
    const whole = missing === undefined ? path : [...path, missing];
    const property = whole.map((part) => `.${part}`).join("");
    const message = missing === undefined ? error : words.forms.needed;
    return { name: keyword, property, message, stack: `${property || "/"}: ${message}`, params: {} };
  });
}
