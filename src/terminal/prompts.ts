import type { Option } from "./asker.ts";
import type { Key } from "./keyboard.ts";
import { shorten, widthOf, wrap } from "./layout.ts";
import { edit, type Line, newLine } from "./line-editor.ts";
import type { Canvas } from "./render.ts";
import { toVisible } from "./safe-text.ts";
import type { Cursor } from "./screen.ts";

/** What a prompt says to a key: an answer, or that it looks different now, or nothing. */
export type Heard<T> =
  | { type: "answer"; value: T | undefined }
  | { type: "changed" }
  | { type: "ended" }
  | null;

/** Something that takes keys. Keys go to `press`; what there is to see is drawn below everything else. */
export interface Prompt<T> {
  press(key: Key): Heard<T>;
  draw(canvas: Canvas): { lines: string[]; cursor?: Cursor };
}

const changed = { type: "changed" } as const;
const back = { type: "answer", value: undefined } as const;

export function choosePrompt(lines: readonly string[], options: readonly Option[]): Prompt<string> {
  return {
    press(key) {
      if (key.name === "escape") return back;
      const chosen = options.find((option) => option.key === key.text || option.key === key.name);
      return chosen === undefined ? null : { type: "answer", value: chosen.key };
    },
    draw({ width, style }) {
      const words = options.map(({ key, label }) => `${style.bold(style.accent(key))} ${label}`);
      return { lines: [...lines.flatMap((line) => wrap(line, width)), ...flow(words, width)] };
    },
  };
}

/** Words side by side, as many as fit, none of them broken. */
export function flow(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    const joined = last === undefined ? word : `${last}   ${word}`;
    if (last === undefined || widthOf(joined) > width) lines.push(word);
    else lines[lines.length - 1] = joined;
  }
  return lines;
}

interface LinePromptOptions {
  label?: string;
  initial?: string;
  hint?: string;
  history?: readonly string[];
  mayBeEmpty?: boolean;
  /** The end of input, at an empty line, ends everything. */
  endsOnEof?: boolean;
}

export function linePrompt({
  label,
  initial = "",
  hint,
  history = [],
  mayBeEmpty = false,
  endsOnEof = false,
}: LinePromptOptions): Prompt<string> & { text(): string; clear(): void } {
  let line = newLine(initial);
  /** Which line of the history is shown; its length stands for the new one. */
  let at = history.length;
  let fresh = initial;

  const recall = (to: number): Heard<string> => {
    if (to < 0 || to > history.length) return null;
    if (at === history.length) fresh = line.text;
    at = to;
    line = newLine(history[to] ?? fresh);
    return changed;
  };

  return {
    text: () => line.text,
    clear() {
      line = newLine();
    },
    press(key) {
      if (key.name === "return" && !key.meta) {
        const isEmpty = line.text.trim() === "";
        return isEmpty && !mayBeEmpty ? null : { type: "answer", value: line.text.trim() };
      }
      if (key.name === "escape" && !key.meta) return back;
      if (key.ctrl && key.name === "d") return line.text === "" && endsOnEof ? { type: "ended" } : null;
      if (key.name === "up" && !line.text.slice(0, line.cursor).includes("\n")) return recall(at - 1);
      if (key.name === "down" && !line.text.slice(line.cursor).includes("\n")) return recall(at + 1);
      const edited = edit(line, key);
      if (edited === undefined) return null;
      line = edited;
      return changed;
    },
    draw({ width, style }) {
      const above = label === undefined ? [] : wrap(label, width).map(style.dim);
      const { lines, cursor } = layOut(line, width - 2);
      const shown = lines.map((one, index) => `${index === 0 ? style.accent("›") : " "} ${one}`);
      const below = hint === undefined ? [] : wrap(hint, width).map(style.dim);
      return {
        lines: [...above, ...shown, ...below],
        cursor: { row: cursor.row + above.length, column: cursor.column + 2 },
      };
    },
  };
}

/** A text in lines of so many columns, and where its cursor is. What cannot be seen is spelled out. */
export function layOut({ text, cursor }: Line, width: number): { lines: string[]; cursor: Cursor } {
  const lines = [""];
  let column = 0;
  let place: Cursor = { row: 0, column: 0 };
  for (const { segment, index } of new Intl.Segmenter().segment(text)) {
    const shown = segment === "\n" ? "" : toVisible(segment);
    const size = widthOf(shown);
    if (column + size > width) {
      lines.push("");
      column = 0;
    }
    if (index <= cursor) place = { row: lines.length - 1, column };
    if (segment === "\n") {
      lines.push("");
      column = 0;
    } else {
      lines[lines.length - 1] += shown;
      column += size;
    }
  }
  if (cursor >= text.length) place = { row: lines.length - 1, column };
  return { lines, cursor: place };
}

export function pickPrompt(heading: string, items: readonly string[]): Prompt<boolean[]> {
  const kept = items.map(() => true);
  let at = 0;
  return {
    press(key) {
      if (key.name === "escape") return back;
      if (key.name === "return") return kept.some(Boolean) ? { type: "answer", value: kept } : null;
      if (key.name === "up" || key.text === "k") at = (at + items.length - 1) % items.length;
      else if (key.name === "down" || key.text === "j") at = (at + 1) % items.length;
      else if (key.name === "space" || key.text === " ") kept[at] = !kept[at];
      else {
        const number = Number(key.text);
        if (!Number.isInteger(number) || number < 1 || number > items.length) return null;
        at = number - 1;
        kept[at] = !kept[at];
      }
      return changed;
    },
    draw({ width, style }) {
      const rows = items.map((item, index) => {
        const box = kept[index] ? style.good("[x]") : "[ ]";
        const text = shorten(`${index + 1}. ${item}`, width - 6);
        return `${index === at ? style.accent("›") : " "} ${box} ${kept[index] ? text : style.dim(text)}`;
      });
      const keys = flow(["space on or off", "enter go on", "esc back"], width).map(style.dim);
      return {
        lines: [...wrap(heading, width), ...rows, ...keys],
        cursor: { row: at + wrap(heading, width).length, column: 0 },
      };
    },
  };
}

/** Takes no key; Ctrl-C is heard before a prompt is. */
export const idlePrompt: Prompt<never> = { press: () => null, draw: () => ({ lines: [] }) };
