import stringWidth from "string-width";

/** Columns of a terminal, or of what is no terminal. */
export function columnsOf({ columns }: { columns?: number }): number {
  return Math.max(20, columns ?? 80);
}

/** Columns that a text takes; colours take none. */
export function widthOf(text: string): number {
  return stringWidth(text);
}

/** One line of text in at most so many columns. */
export function shorten(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = "";
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    width += widthOf(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}
