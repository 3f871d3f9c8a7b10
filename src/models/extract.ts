import { formatAmount } from "./arithmetic.ts";
import { guessColumn, numbersIn, parseTable, valuesOf } from "./table.ts";

interface SummaryStyle {
  /** At most so many sentences or points per file; 3 by default. */
  sentences?: number | undefined;
  hasBullets?: boolean | undefined;
}

/**
 * Sums up a file in one paragraph (or bullets) by picking from it: nothing is in the summary that is not in
 * the text. Prose gives its first and its most telling sentences, tables their shape and totals, lists and
 * to-dos their points, JSON its keys, code its first lines.
 */
export function summarize(path: string, text: string, style: SummaryStyle = {}): string {
  if (text.trim() === "") return "The file is empty.";
  const points = pointsOf(path, text, style.sentences ?? 3);
  return style.hasBullets ? points.map((point) => `- ${point}`).join("\n") : points.join(" ");
}

function pointsOf(path: string, text: string, most: number): string[] {
  const extension = /\.([A-Za-z0-9]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  if (extension === "csv" || extension === "tsv") return tablePoints(text) ?? prosePoints(text, most);
  if (extension === "json") return jsonPoints(text) ?? prosePoints(text, most);
  if (codeExtensions.has(extension)) return codePoints(text, extension);
  return listPoints(text, most) ?? prosePoints(text, most);
}

const codeExtensions = new Set(
  "c cc cpp cs css go h html java js jsx php py rb rs sh sql ts tsx vue xml".split(" "),
);

function tablePoints(text: string): string[] | undefined {
  const table = parseTable(text);
  if (table === undefined) return undefined;
  const { columns, rows } = table;
  const points = [`A table of ${rows.length} rows with the columns ${columns.join(", ")}.`];
  const column = guessColumn(table);
  if (column !== undefined) {
    const values = numbersIn(table, column);
    const sum = values.reduce((all, value) => all + value, 0);
    const range = `${formatAmount(Math.min(...values), values)} to ${formatAmount(Math.max(...values), values)}`;
    points.push(`“${column}” adds up to ${formatAmount(sum, values)} and goes from ${range}.`);
  }
  const grouping = columns.find((name) => {
    const different = valuesOf(table, name).length;
    return name !== column && different > 1 && different <= 8 && different < rows.length;
  });
  if (grouping !== undefined) points.push(`“${grouping}” is one of ${valuesOf(table, grouping).join(", ")}.`);
  return points;
}

function jsonPoints(text: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value))
      return [`A JSON list of ${value.length} items.`, ...keysOf(value[0], "Each has")];
    if (typeof value === "object" && value !== null) return keysOf(value, "A JSON object with");
    return [`The JSON value ${JSON.stringify(value).slice(0, 80)}.`];
  } catch {
    return undefined;
  }
}

function keysOf(value: unknown, start: string): string[] {
  if (typeof value !== "object" || value === null) return [];
  const keys = Object.keys(value);
  const rest = keys.length > 12 ? ` and ${keys.length - 12} more` : "";
  return [`${start} the keys ${keys.slice(0, 12).join(", ")}${rest}.`];
}

function codePoints(text: string, extension: string): string[] {
  const lines = text.split(/\r?\n/);
  const first = lines.find((line) => line.trim() !== "")?.trim() ?? "";
  const names = [...text.matchAll(/\b(?:function|class|def|interface|struct|fn|func)\s+([A-Za-z_]\w*)/g)];
  const defined = [...new Set(names.map(([, name]) => name))].slice(0, 8);
  const points = [`${lines.length} lines of ${extension}, beginning with “${cutTo(first, 100)}”.`];
  if (defined.length > 0) points.push(`It defines ${defined.join(", ")}.`);
  return points;
}

/** For files that are mostly list items; open and done ones are counted. */
function listPoints(text: string, most: number): string[] | undefined {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const items = lines.filter((line) => /^\s*(?:[-*+•]|\d+[.)])\s+\S/.test(line));
  if (items.length < 3 || items.length < lines.length * 0.6) return undefined;
  const title = titleOf(text);
  const done = items.filter((line) => /\[[xX]\]/.test(line)).length;
  const boxes = items.filter((line) => /\[[ xX]\]/.test(line)).length;
  const names = items.map((line) => cutTo(toPlain(line).replace(/[.;,]$/, ""), 90));
  const shown = Math.max(most * 2, 5);
  const rest = names.length > shown ? "; …" : "";
  const state = boxes > 0 ? ` (${done} of ${boxes} done)` : "";
  const start = title === undefined ? "" : `${title}: `;
  return [`${start}${items.length} items${state}: ${names.slice(0, shown).join("; ")}${rest}.`];
}

function prosePoints(text: string, most: number): string[] {
  const title = titleOf(text);
  const body = title === undefined ? text : text.replace(/^\s*#[^\n]*\n?/, "");
  const rows = body.match(/^[ \t]*\|.*\|[ \t]*$/gm) ?? [];
  const table = rows.length > 2 ? [`It has a table with ${rows.length - 2} rows.`] : [];
  const sentences = sentencesOf(body.replace(/^[ \t]*\|.*\|[ \t]*$/gm, ""));
  const picked = [...pickSentences(sentences, Math.max(1, most)), ...table];
  if (title === undefined) return picked;
  const [first = "", ...others] = picked;
  return [`${title}${/[.!?:]$/.test(title) ? "" : ":"} ${first}`.trim(), ...others];
}

function titleOf(text: string): string | undefined {
  const first = text.split(/\r?\n/).find((line) => line.trim() !== "");
  return first === undefined || !/^\s*#{1,6}\s/.test(first) ? undefined : toPlain(first);
}

/** Sentences without markup; a list item or heading that ends without a full stop is one, too. */
function sentencesOf(text: string): string[] {
  return blocksOf(text.replace(/```[^`]*```/g, ""))
    .flatMap((block) => block.split(/(?<=[.!?…]["”')\]]?)\s+(?=["“‘('\p{Lu}\d])/u))
    .map((sentence) => sentence.trim())
    .filter((sentence) => /[\p{L}\p{N}]/u.test(sentence))
    .map((sentence) => cutTo(/[.!?…:,;]["”')\]]?$/.test(sentence) ? sentence : `${sentence}.`, 320));
}

/** Paragraphs, list items and headings, each as one plain line. */
function blocksOf(text: string): string[] {
  const blocks: string[][] = [[]];
  for (const line of text.split(/\r?\n/)) {
    const isHeading = /^\s{0,3}#{1,6}\s/.test(line);
    if (isHeading || /^\s*$|^\s*(?:[-*+•]|\d+[.)])\s/.test(line)) blocks.push([]);
    blocks.at(-1)?.push(toPlain(line));
    if (isHeading) blocks.push([]);
  }
  return blocks.map((lines) => lines.filter((line) => line !== "").join(" ")).filter((block) => block !== "");
}

/** The first sentence and those whose words come up most, in the order of the text. */
function pickSentences(sentences: readonly string[], most: number): string[] {
  if (sentences.length <= most) return [...sentences];
  const frequency = new Map<string, number>();
  for (const word of sentences.flatMap(tellingWords)) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  const ranked = sentences.map((sentence, index) => {
    const words = tellingWords(sentence);
    const weight = [...new Set(words)].reduce((sum, word) => sum + (frequency.get(word) ?? 0), 0);
    return { index, score: index === 0 ? Number.POSITIVE_INFINITY : weight / Math.sqrt(words.length + 3) };
  });
  ranked.sort((a, b) => b.score - a.score || a.index - b.index);
  const kept = ranked.slice(0, most).map(({ index }) => index);
  return kept.sort((a, b) => a - b).map((index) => sentences[index] ?? "");
}

const stopWords = new Set(
  `a about after all also am an and any are as at be been but by can could did do does for from had has have he her
  his how i if in into is it its just me more most my no not of on one or our out she should so some than that the
  their them then there these they this to too up us very was we were what when which who will with would you
  your`.split(/\s+/),
);

function tellingWords(sentence: string): string[] {
  const words = sentence.toLowerCase().match(/[\p{L}\p{N}'’-]{2,}/gu) ?? [];
  return words.filter((word) => !stopWords.has(word));
}

/** A line without Markdown's marks. The lengths are bounded so that no line takes long. */
function toPlain(line: string): string {
  return line
    .replace(/^\s*(?:#{1,6}|[-*+•]|\d+[.)]|>)\s+/, "")
    .replace(/^\s*\[[ xX]\]\s*/, "")
    .replace(/!?\[([^[\]]{0,200})\]\([^()\s]{0,300}\)/g, "$1")
    .replace(/(\*\*|__|~~|`)([^*_~`]{1,300})\1/g, "$2")
    .replace(/(?<![\w*])\*([^*]{1,300})\*(?![\w*])/g, "$1")
    .replace(/\s+/g, " ")
    .trim();
}

function cutTo(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).trimEnd()}…`;
}
