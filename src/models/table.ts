/** Rows under named columns, as read from CSV or TSV. Every row has as many cells as there are columns. */
export interface Table {
  columns: string[];
  rows: string[][];
}

/**
 * Reads CSV, TSV and their like (RFC 4180 quoting; the delimiter is found out). Without a header row the
 * columns are called `column 1`, `column 2`, …
 *
 * @returns undefined when the text is no table: fewer than two columns or no row.
 */
export function parseTable(text: string): Table | undefined {
  const clean = text.replace(/^\uFEFF/, "");
  const delimiter = findDelimiter(clean);
  if (delimiter === undefined) return undefined;
  const records = parseRecords(clean, delimiter).filter((cells) => cells.some((cell) => cell !== ""));
  const [first, ...rest] = records;
  if (first === undefined) return undefined;
  const hasHeader = rest.length > 0 && first.every((cell) => toNumber(cell) === undefined);
  const columns = first.map((cell, index) => (hasHeader && cell !== "" ? cell : `column ${index + 1}`));
  const rows = (hasHeader ? rest : records).map((cells) => columns.map((_, index) => cells[index] ?? ""));
  return rows.length > 0 ? { columns, rows } : undefined;
}

function findDelimiter(text: string): string | undefined {
  const lines = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .slice(0, 5);
  const counts = (delimiter: string) => lines.map((line) => line.split(delimiter).length - 1);
  const usable = [",", ";", "\t", "|"].filter(
    (delimiter) => lines.length > 0 && Math.min(...counts(delimiter)) > 0,
  );
  return usable.sort((a, b) => Math.min(...counts(b)) - Math.min(...counts(a)))[0];
}

function parseRecords(text: string, delimiter: string): string[][] {
  const records: string[][] = [];
  let cells: string[] = [];
  let cell = "";
  let isQuoted = false;
  const endCell = () => {
    cells.push(cell.trim());
    cell = "";
  };
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (isQuoted) {
      if (character !== '"') cell += character;
      else if (text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else isQuoted = false;
    } else if (character === '"' && cell.trim() === "") isQuoted = true;
    else if (character === delimiter) endCell();
    else if (character === "\n") {
      endCell();
      records.push(cells);
      cells = [];
    } else cell += character;
  }
  endCell();
  return [...records, cells];
}

/** A cell's number, without currency signs, percent signs and thousands separators. */
export function toNumber(cell: string): number | undefined {
  const bare = cell.replace(/[\s$€£¥%_']|\b[A-Z]{3}\b/g, "");
  const plain = /^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(bare)
    ? bare.replaceAll(",", "")
    : /^[+-]?\d+,\d{1,2}$/.test(bare)
      ? bare.replace(",", ".")
      : bare;
  return /^[+-]?(\d+(\.\d+)?|\.\d+)$/.test(plain) ? Number(plain) : undefined;
}

/** Names of the columns in which at least four of five filled cells are numbers. */
export function numericColumns({ columns, rows }: Table): string[] {
  return columns.filter((_, index) => {
    const filled = rows.map((row) => row[index] ?? "").filter((cell) => cell !== "");
    const numbers = filled.filter((cell) => toNumber(cell) !== undefined);
    return numbers.length > 0 && numbers.length >= filled.length * 0.8;
  });
}

/** The column meant by a word such as "amounts"; undefined when none is called so. */
export function findColumn({ columns }: Table, word: string): string | undefined {
  const wanted = toStem(word);
  if (wanted === "") return undefined;
  return (
    columns.find((column) => toStem(column) === wanted) ??
    columns.find((column) => toStem(column).includes(wanted) || wanted.includes(toStem(column)))
  );
}

/** The column to add up when nobody named one: what looks like money first, never ids and years. */
export function guessColumn(table: Table): string | undefined {
  const numeric = numericColumns(table).filter(
    (name) => !/\b(id|nr|no|number|year|month|day|zip)\b/i.test(name),
  );
  return numeric.find((name) => /amount|total|price|cost|value|sum|spent|paid/i.test(name)) ?? numeric.at(-1);
}

/** The numbers of a column, optionally of the rows where another column has a value. */
export function numbersIn(
  { columns, rows }: Table,
  column: string,
  where?: { column: string; value: string },
): number[] {
  const at = columns.indexOf(column);
  const whereAt = where === undefined ? -1 : columns.indexOf(where.column);
  return rows
    .filter((row) => where === undefined || row[whereAt] === where.value)
    .map((row) => toNumber(row[at] ?? ""))
    .filter((value) => value !== undefined);
}

/** The different values of a column, in the order in which they first appear. */
export function valuesOf({ columns, rows }: Table, column: string): string[] {
  const at = columns.indexOf(column);
  return [...new Set(rows.map((row) => row[at] ?? ""))];
}

function toStem(word: string): string {
  return word
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, "")
    .replace(/ies$/, "y")
    .replace(/s$/, "");
}
