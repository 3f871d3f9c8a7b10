import { asObject } from "../protocol/json.ts";
import type { InterruptRecord, RunRecord } from "./ports.ts";

/**
 * A question that is open again has an id of its own, which the engine does not know. Runs keep answers under the
 * engine's ids, and beside them, where these differ, under which ids the questions were answered.
 */
export type QuestionNames = Record<string, string>;

export function namesOf({ kwargs }: RunRecord): QuestionNames {
  return asObject(kwargs.names) as QuestionNames;
}

export function toNames(rows: InterruptRecord[]): QuestionNames {
  const renamed = rows.filter(({ engineId, interruptId }) => engineId !== interruptId);
  return Object.fromEntries(renamed.map(({ engineId, interruptId }) => [engineId, interruptId]));
}

/** For the run's `kwargs`. */
export function withNames(names: QuestionNames): { names?: QuestionNames } {
  return Object.keys(names).length === 0 ? {} : { names };
}
