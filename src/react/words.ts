import { planWords } from "./words-plan.ts";
import { questionWords } from "./words-questions.ts";
import { threadWords } from "./words-thread.ts";

/**
 * All that the components say, by who says it, in English. Whoever shows them in another language gives them
 * other words with `setWords`, before anything is shown.
 */
const english = {
  ...questionWords,
  ...threadWords,
  ...planWords,
};

export type Words = typeof english;

/** The words in use. */
export const words: Words = english;

/** Other words for some of what is said: by part, then by name. */
export function setWords(other: { [Part in keyof Words]?: Partial<Words[Part]> }): void {
  for (const part of Object.keys(other) as (keyof Words)[]) Object.assign(words[part], other[part]);
}
