import { type Analysis, type CountUnit, parseAnalysis, parseStyle } from "./offline-analyses.ts";
import { joinWords } from "./offline-workspace.ts";

/**
 * The rules by which late content is written, as words that a person can review and edit, and back. Several in
 * one are joined by "; then ".
 */

const joint = "; then ";

/** Such as "one paragraph on each file read in s1 to s3". */
export function toRule(analysis: Analysis, ids: readonly string[]): string {
  const from = nameSteps(ids);
  switch (analysis.is) {
    case "summary": {
      const length =
        analysis.sentences === undefined
          ? ""
          : `, in at most ${analysis.sentences} sentence${analysis.sentences === 1 ? "" : "s"}`;
      const form = analysis.hasBullets ? "bullet points" : "one paragraph";
      return `${form} on each file read in ${from}${length}`;
    }
    case "text":
      return ids.length === 1
        ? `exactly the text read in ${from}`
        : `the text of each file read in ${from}, under its path`;
    case "counts":
      return `the number of ${joinWords(analysis.units)} of each file counted in ${from}, with a total`;
    case "hits":
      if (analysis.wants === "files") return `the files in which “${analysis.query}” was found in ${from}`;
      if (analysis.wants === "number") return `how many lines with “${analysis.query}” were found in ${from}`;
      return `every line with “${analysis.query}” found in ${from}, with its file and line number`;
    case "listing":
      if (analysis.isCount) return `the number of files in the list of ${analysis.object}, from ${from}`;
      return `the list of ${analysis.object === "" ? "every file" : analysis.object}, from ${from}`;
    case "figures": {
      const column = analysis.column === undefined ? "the numbers" : `“${analysis.column}”`;
      const by = analysis.by === undefined ? "" : ` by “${analysis.by}”`;
      return `the ${joinWords(analysis.names)} of ${column}${by}, from the rows read in ${from}`;
    }
    case "extreme":
      return `which file has the ${analysis.isMost ? "most" : "fewest"} ${analysis.unit}, from ${from}`;
  }
}

export function joinRules(rules: readonly string[]): string {
  return rules.join(joint);
}

/** What a rule asks for; `analysis` is undefined where it is none that {@link toRule} writes. */
export interface Rule {
  text: string;
  analysis: Analysis | undefined;
  /** A heading that it asks for: `under the title “…”`. */
  title: string | undefined;
}

export function parseRule(rule: string): Rule[] {
  return rule.split(joint).map((text) => {
    const [, title] = /\bunder the (?:title|heading) “([^”]+)”/.exec(text) ?? [];
    return { text, title, analysis: parseOwn(text.replace(/,? ?\bunder the (?:title|heading) “[^”]+”/, "")) };
  });
}

function parseOwn(text: string): Analysis | undefined {
  const object = text;
  if (
    /\b(?:paragraphs?|bullet points|summar(?:y|ies)|sentences?)\b/i.test(text) &&
    !/\bexactly\b/i.test(text)
  ) {
    return { is: "summary", object, ...parseStyle(text.replace(/one paragraph/, "")) };
  }
  if (/^exactly the text\b|\bthe (?:full |whole )?text of each\b/i.test(text)) return { is: "text", object };
  const [, query = ""] = /“([^”]*)”/.exec(text) ?? [];
  if (/^the files in which\b/.test(text)) return { is: "hits", object, query, wants: "files" };
  if (/^how many lines with\b/.test(text)) return { is: "hits", object, query, wants: "number" };
  if (/\b(?:lines?|hits?|matches)\b.*\bfound\b/.test(text))
    return { is: "hits", object, query, wants: "lines" };
  const [, isMost, unit] = /\bhas the (?:(most)|fewest) (\w+)/.exec(text) ?? [];
  if (unit !== undefined)
    return { is: "extreme", object, isMost: isMost !== undefined, unit: unit as CountUnit };
  const [, counted] = /^the number of files in the list of (.*?)(?:, from\b|$)/.exec(text) ?? [];
  if (counted !== undefined) return { is: "listing", object: counted, isCount: true };
  const [, listed] = /^the list of (.*?)(?:, from\b|$)/.exec(text) ?? [];
  if (listed !== undefined) return { is: "listing", object: listed };
  return parseFigures(text) ?? parseAnalysis(text, []);
}

function parseFigures(text: string): Analysis | undefined {
  const [, names, column, by] =
    /^the (.+?) of (?:“([^”]*)”|the numbers)(?: by “([^”]*)”)?, from the rows\b/.exec(text) ?? [];
  if (names === undefined) return undefined;
  const found = parseAnalysis(`${names} of the numbers`, []);
  if (found?.is !== "figures") return undefined;
  return {
    is: "figures",
    object: text,
    names: found.names,
    ...(column ? { column } : {}),
    ...(by ? { by } : {}),
  };
}

/** `s1`, `s1 and s2`, `s1 to s4`, `s1, s3 and s4`. */
export function nameSteps(ids: readonly string[]): string {
  const numbers = ids.map((id) => Number(/^s(\d+)$/.exec(id)?.[1] ?? Number.NaN));
  const isRow =
    ids.length > 2 &&
    numbers.every((number, index) => index === 0 || number === (numbers[index - 1] ?? 0) + 1);
  return isRow ? `${ids[0]} to ${ids.at(-1)}` : joinWords(ids);
}

const id = "[A-Za-z][\\w-]*\\d";
const names = new RegExp(`\\b(?:in|from) (${id}(?:(?:, | and | to )${id})*)`, "g");

/** The ids that a rule names, of those that there are; a range takes in what lies between. */
export function stepsNamedIn(rule: string, ids: readonly string[]): string[] {
  const named = new Set<string>();
  for (const [, list = ""] of rule.matchAll(names)) {
    for (const part of list.split(/, | and /)) {
      const [first = "", last = first] = part.split(" to ");
      for (const one of between(first, last, ids)) named.add(one);
    }
  }
  return ids.filter((one) => named.has(one));
}

/** By number where ids have one, so that a step that was moved in the list stays in; else by place. */
function between(first: string, last: string, ids: readonly string[]): readonly string[] {
  const numberOf = (one: string) => Number(/^s(\d+)$/.exec(one)?.[1] ?? Number.NaN);
  const [from, to] = [numberOf(first), numberOf(last)];
  if (from <= to) return ids.filter((one) => numberOf(one) >= from && numberOf(one) <= to);
  const places = [ids.indexOf(first), ids.indexOf(last)];
  return places.includes(-1) ? [] : ids.slice(Math.min(...places), Math.max(...places) + 1);
}

/** The rule about other steps than those that it names. */
export function putSteps(rule: string, ids: readonly string[]): string {
  return rule.replace(names, (words, list: string) => words.replace(list, nameSteps(ids)));
}

/** The rule with another list of steps wherever it names some of them; undefined when none is left. */
export function renameSteps(
  rule: string,
  ids: readonly string[],
  kept: ReadonlySet<string>,
): string | undefined {
  const parts = rule.split(joint).flatMap((part) => {
    const named = stepsNamedIn(part, ids);
    const left = named.filter((one) => kept.has(one));
    if (named.length > 0 && left.length === 0) return [];
    if (left.length === named.length) return [part];
    return [putSteps(part, left)];
  });
  return parts.length === 0 ? undefined : joinRules(parts);
}
