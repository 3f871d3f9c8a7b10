import { allowedOf, isRecord, textOf } from "./json.ts";

const choices = ["answer", "cancel"] as const;

/** The agent wants to know something before it goes on. */
export interface Clarification {
  question: string;
  choices: { label: string; description: string | null }[];
  /** Several choices may be taken. */
  isMultiple: boolean;
  allowed: (typeof choices)[number][];
}

export function toClarification(value: unknown): Clarification | null {
  if (!isRecord(value) || value.type !== "clarification") return null;
  const question = textOf(value.question);
  if (question === null) return null;
  return {
    question,
    choices: Array.isArray(value.choices) ? value.choices.flatMap(toChoice) : [],
    isMultiple: value.multiple === true,
    allowed: allowedOf(choices, value.allowed),
  };
}

function toChoice(value: unknown): Clarification["choices"] {
  const label = textOf(isRecord(value) ? value.label : value);
  if (label === null) return [];
  return [{ label, description: isRecord(value) ? textOf(value.description) : null }];
}
