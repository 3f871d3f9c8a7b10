import { isObject, parseObject } from "./offline-conversation.ts";
import type { PlannerStart } from "./offline-planner.ts";

/** As many choices as a question may have. */
const mostChoices = 20;

/**
 * Asks the person which files a name means that several have, one question at a time.
 *
 * @returns what they chose; undefined while that is not known, and where nobody can be asked.
 */
export function createChooser(ask: PlannerStart["ask"]) {
  let isAsking = false;
  return (name: string, paths: readonly string[]): string[] | undefined => {
    if (isAsking || paths.length > mostChoices) return undefined;
    const question = `Several files are called ${name}. Which do you mean?`;
    const told = ask("ask_person", { question, choices: paths.map((label) => ({ label })), multiple: true });
    isAsking = told.state === "pending";
    if (told.state !== "done") return undefined;
    const { answer } = parseObject(told.text);
    const { choice, text } = isObject(answer) ? answer : {};
    const chosen = [choice].flat().filter((one) => paths.includes(String(one)));
    if (chosen.length > 0) return chosen.map(String);
    const words = String(text ?? "").split(/[\s,;“”"']+/);
    const named = paths.filter((path) => words.includes(path));
    return named.length > 0 ? named : undefined;
  };
}
