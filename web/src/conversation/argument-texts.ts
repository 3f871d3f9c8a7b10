import type { JsonRecord } from "./json.ts";

/** Arguments as a person types them. Types are kept: what is no string is written, and read, as JSON. */
export function toTexts(args: JsonRecord): Record<string, string> {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [
      name,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

/** The arguments that the texts say, each of the type it had before. @throws what is wrong, in words */
export function readArguments(before: JsonRecord, texts: Readonly<Record<string, string>>): JsonRecord {
  return Object.fromEntries(
    Object.entries(before).map(([name, value]) => [name, readArgument(name, texts[name] ?? "", value)]),
  );
}

function readArgument(name: string, text: string, before: unknown): unknown {
  if (typeof before === "string") return text;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${name} must be ${typeInWords(before)}, and ${JSON.stringify(text)} is none.`);
  }
  const isSame =
    before === null || (typeof value === typeof before && Array.isArray(value) === Array.isArray(before));
  if (isSame) return value;
  throw new Error(`${name} must be ${typeInWords(before)}, and ${JSON.stringify(text)} is none.`);
}

/** Of what type an argument is; nothing for text. */
export function typeInWords(value: unknown): string {
  if (typeof value === "string") return "";
  if (typeof value === "number") return "a number";
  if (typeof value === "boolean") return "true or false";
  if (value === null) return "JSON";
  return Array.isArray(value) ? "a JSON list" : "a JSON object";
}
