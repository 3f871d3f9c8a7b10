import { formatAmount } from "./arithmetic.ts";
import { findColumn, guessColumn, numbersIn, parseTable, type Table, toNumber, valuesOf } from "./table.ts";

export type FigureName = "total" | "average" | "median" | "minimum" | "maximum" | "number of values";

/** What to work out over the numbers of a file. */
interface FigureQuestion {
  names: readonly FigureName[];
  /** The column as a person called it. */
  column?: string | undefined;
  /** A column whose values make groups, as a person called it. */
  by?: string | undefined;
}

const compute: Record<FigureName, (values: readonly number[]) => number> = {
  total,
  average: (values) => total(values) / values.length,
  median: (values) => {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length / 2;
    return sorted.length % 2 === 1
      ? (sorted[Math.floor(middle)] ?? 0)
      : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
  },
  minimum: (values) => Math.min(...values),
  maximum: (values) => Math.max(...values),
  "number of values": (values) => values.length,
};

/** @param all - The column's numbers: with cents in one, all figures have them. */
function tellFigure(name: FigureName, values: readonly number[], all = values): string {
  const value = compute[name](values);
  return name === "number of values" ? String(value) : formatAmount(value, all);
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/**
 * Answers in one or more lines of Markdown, such as "The total of “amount” in data/expenses.csv is 512.3
 * (12 values).", or says why it cannot.
 */
export function tellFigures(path: string, text: string, question: FigureQuestion): string {
  const table = parseTable(text);
  if (table === undefined) return tellOfPlainNumbers(path, text, question);
  const wanted = question.column === undefined ? undefined : findColumn(table, question.column);
  const column = wanted ?? guessColumn(table);
  if (column === undefined)
    return `${path} has no column of numbers (its columns: ${table.columns.join(", ")}).`;
  const values = numbersIn(table, column);
  if (values.length === 0) return `“${column}” in ${path} has no numbers.`;
  const guess =
    question.column !== undefined && wanted === undefined
      ? ` There is no column “${question.column}”; I took “${column}”.`
      : "";
  return `${tellEach(values, question, `“${column}” in ${path}`)}${guess}${tellGroups(table, column, question)}`;
}

function tellEach(values: readonly number[], { names }: FigureQuestion, what: string): string {
  const parts = names.map((name) => `the ${name} of ${what} is **${tellFigure(name, values)}**`);
  const sentence = names.length === 1 ? (parts[0] ?? "") : `of ${what}, ${listFigures(values, names)}`;
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)} (${values.length} values).`;
}

function listFigures(values: readonly number[], names: readonly FigureName[]): string {
  return names.map((name) => `the ${name} is **${tellFigure(name, values)}**`).join(", ");
}

function tellGroups(table: Table, column: string, { names, by }: FigureQuestion): string {
  if (by === undefined) return "";
  const group = findColumn(table, by);
  if (group === undefined) return `\n\nThere is no column “${by}” to group by.`;
  const header = `\n\n| ${group} | ${names.join(" | ")} |\n|---|${names.map(() => "---:|").join("")}`;
  const all = numbersIn(table, column);
  const lines = valuesOf(table, group).map((value) => {
    const values = numbersIn(table, column, { column: group, value });
    const cells = names.map((name) => (values.length === 0 ? "" : tellFigure(name, values, all)));
    return `| ${value} | ${cells.join(" | ")} |`;
  });
  return [header, ...lines].join("\n");
}

/** In a text that is no table, the last number of each line is taken, as on a bill. */
function tellOfPlainNumbers(path: string, text: string, question: FigureQuestion): string {
  const values = text
    .split(/\r?\n/)
    .map((line) => line.match(/[+-]?[$€£]?\d[\d,]*(?:\.\d+)?/g)?.at(-1))
    .map((found) => (found === undefined ? undefined : toNumber(found)))
    .filter((value) => value !== undefined);
  if (values.length === 0) return `There are no numbers in ${path}.`;
  return tellEach(values, question, `the last numbers of the lines in ${path}`);
}
