/** A line of a unified diff, and where it stands in the file before and after. */
export interface DiffRow {
  kind: "text" | "file" | "hunk" | "added" | "removed" | "same";
  /** Without the sign in front of it. */
  text: string;
  before?: number;
  after?: number;
}

/** The lines of a text that has unified diffs in it; what is around them is `text`. */
export function toDiffRows(text: string): DiffRow[] {
  const rows: DiffRow[] = [];
  let [before, after, left] = [0, 0, { before: 0, after: 0 }];
  for (const line of text.split("\n")) {
    const hunk = line.match(/^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/);
    if (hunk) {
      const [, from = "0", size = "1", to = "0", newSize = "1"] = hunk;
      [before, after] = [Number(from), Number(to)];
      left = { before: Number(size), after: Number(newSize) };
      rows.push({ kind: "hunk", text: line });
      continue;
    }
    const isInHunk = left.before > 0 || left.after > 0;
    if (!isInHunk) {
      rows.push({ kind: /^(?:---|\+\+\+|diff|index|===) ?/.test(line) ? "file" : "text", text: line });
      continue;
    }
    const sign = line[0] ?? " ";
    if (sign === "+") {
      rows.push({ kind: "added", text: line.slice(1), after });
      [after, left.after] = [after + 1, left.after - 1];
    } else if (sign === "-") {
      rows.push({ kind: "removed", text: line.slice(1), before });
      [before, left.before] = [before + 1, left.before - 1];
    } else if (sign === "\\") {
      rows.push({ kind: "text", text: line });
    } else {
      rows.push({ kind: "same", text: line.slice(1), before, after });
      [before, after] = [before + 1, after + 1];
      left = { before: left.before - 1, after: left.after - 1 };
    }
  }
  return rows;
}
