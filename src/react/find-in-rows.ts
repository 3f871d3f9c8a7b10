/** One place where a row has what is looked for. */
export interface Match {
  row: number;
  /** Characters of the row before it, and its length. */
  at: number;
  length: number;
}

/** Places beyond which nothing more is looked for. */
export const maxMatches = 5_000;

/** Where the rows have this text, in whatever case. */
export function findInRows(rows: readonly string[], wanted: string): Match[] {
  if (wanted === "") return [];
  const pattern = new RegExp(wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "giu");
  const found: Match[] = [];
  for (const [row, text] of rows.entries()) {
    for (const match of text.matchAll(pattern)) {
      found.push({ row, at: match.index, length: match[0].length });
      if (found.length === maxMatches) return found;
    }
  }
  return found;
}

/** Characters of a row: a line that is longer goes on in the next row, so that no row is heavy. */
const maxRow = 2_000;

/** A text as rows to be shown; the number of the line where one begins. */
export function toRows(text: string): { text: string; line: number | null }[] {
  return text.split("\n").flatMap((line, index) => {
    if (line.length <= maxRow) return [{ text: line, line: index + 1 }];
    const count = Math.ceil(line.length / maxRow);
    return Array.from({ length: count }, (_, part) => ({
      text: line.slice(part * maxRow, (part + 1) * maxRow),
      line: part === 0 ? index + 1 : null,
    }));
  });
}
