import { columnsOf, widthOf } from "./layout.ts";

export interface Cursor {
  /** Index into the live lines. */
  row: number;
  column: number;
}

/**
 * Two parts: what is printed for good, which scrolls away as in any terminal, and below it a few live lines,
 * drawn anew whenever they change. Where there is no terminal, only the first part is there.
 */
export interface Screen {
  readonly isInteractive: boolean;
  width(): number;
  /** Rows that live lines may take. */
  height(): number;
  /** Prints `lines` for good and draws `live` below them. */
  draw(lines: readonly string[], live: readonly string[], cursor?: Cursor): void;
  /** Takes the live lines away and gives the terminal back, to an editor or for good. */
  leave(): void;
}

const csi = "\u001b[";
const bracketedPaste = { on: `${csi}?2004h`, off: `${csi}?2004l` };
const cursorLook = { show: `${csi}?25h`, hide: `${csi}?25l` };

export function createScreen(stdout: NodeJS.WriteStream, isInteractive: boolean): Screen {
  let drawn: readonly string[] = [];
  /** Where the cursor was left, among the live lines. */
  let left: Cursor = { row: 0, column: 0 };
  let isTaken = false;

  /** From wherever the cursor is to the first column of the first live line; the width may be another by now. */
  const toTop = () => {
    const columns = columnsOf(stdout);
    const rowsOf = (line: string) => Math.max(1, Math.ceil(widthOf(line) / columns));
    const above = drawn.slice(0, left.row).reduce((sum, line) => sum + rowsOf(line), 0);
    const up = above + Math.floor(left.column / columns);
    return `\r${up > 0 ? `${csi}${up}A` : ""}${csi}J`;
  };

  const height = () => Math.max(3, (stdout.rows ?? 24) - 1);

  return {
    isInteractive,
    // The last column stays free: there terminals differ in when they wrap.
    width: () => columnsOf(stdout) - (isInteractive ? 1 : 0),
    height,
    draw(lines, live, cursor) {
      if (!isInteractive) {
        if (lines.length > 0) stdout.write(`${lines.join("\n")}\n`);
        return;
      }
      const cut = Math.max(0, live.length - height());
      const shown = live.slice(cut);
      const printed = lines.map((line) => `${line}\n`).join("");
      const last = Math.max(0, shown.length - 1);
      const at = cursor === undefined ? undefined : { ...cursor, row: Math.max(0, cursor.row - cut) };
      const up = at === undefined ? 0 : last - at.row;
      const place =
        at === undefined
          ? cursorLook.hide
          : `${up > 0 ? `${csi}${up}A` : ""}\r${at.column > 0 ? `${csi}${at.column}C` : ""}${cursorLook.show}`;
      stdout.write(
        `${isTaken ? "" : bracketedPaste.on}${cursorLook.hide}${toTop()}${printed}${shown.join("\n")}${place}`,
      );
      isTaken = true;
      drawn = shown;
      left = at ?? { row: last, column: Math.max(0, widthOf(shown[last] ?? "") - 1) };
    },
    leave() {
      if (!isInteractive || !isTaken) return;
      stdout.write(`${toTop()}${cursorLook.show}${bracketedPaste.off}`);
      drawn = [];
      left = { row: 0, column: 0 };
      isTaken = false;
    },
  };
}
