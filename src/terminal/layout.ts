import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";

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

/** Text in lines of at most so many columns; those after the first are moved in by `indent` blanks. */
export function wrap(text: string, columns: number, indent = 0): string[] {
  const room = Math.max(8, columns - indent);
  return text.split("\n").flatMap((line, index) => {
    const wrapped = wrapAnsi(line, room, { hard: true, trim: false, wordWrap: true }).split("\n");
    return wrapped.map((part, at) => {
      const isFirst = index === 0 && at === 0;
      const own = at === 0 ? part : part.replace(/^ /, "");
      return `${isFirst ? "" : " ".repeat(indent)}${own}`;
    });
  });
}
