import type { JsonRecord } from "./json.ts";
import { words } from "./words.ts";

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
    throw new Error(words.arguments.mustBe(name, typeInWords(before), text));
  }
  const isSame =
    before === null || (typeof value === typeof before && Array.isArray(value) === Array.isArray(before));
  if (isSame) return value;
  throw new Error(words.arguments.mustBe(name, typeInWords(before), text));
}

/** Of what type an argument is; nothing for text. */
export function typeInWords(value: unknown): string {
  if (typeof value === "string") return "";
  if (typeof value === "number") return words.arguments.aNumber;
  if (typeof value === "boolean") return words.arguments.trueOrFalse;
  if (value === null) return words.arguments.anyJson;
  return Array.isArray(value) ? words.arguments.aList : words.arguments.anObject;
}
