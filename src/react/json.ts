/** Reading of values that any graph may have sent. */

export type JsonRecord = Record<string, unknown>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The text, or null when it is none, or blank. */
export function textOf(value: unknown): string | null {
  return typeof value === "string" && value.trim() !== "" ? value : null;
}

/** Those of the known words that `allowed` names; all of them when it names none. */
export function allowedOf<Word extends string>(known: readonly Word[], allowed: unknown): Word[] {
  const named = known.filter((word) => Array.isArray(allowed) && allowed.includes(word));
  return named.length > 0 ? named : [...known];
}

export function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}
