import type { Key } from "./keyboard.ts";

/** A text being typed. `cursor` is an index into it, on a boundary between characters as people see them. */
export interface Line {
  text: string;
  cursor: number;
}

export function newLine(text = ""): Line {
  return { text, cursor: text.length };
}

/** The line after a key; undefined when the key is not for a line, such as return. */
export function edit(line: Line, key: Key): Line | undefined {
  const { text, cursor } = line;
  const command = commands[`${key.ctrl ? "ctrl-" : ""}${key.meta ? "meta-" : ""}${key.name}`];
  if (command !== undefined) return command(line);
  if (key.text === "") return undefined;
  return { text: text.slice(0, cursor) + key.text + text.slice(cursor), cursor: cursor + key.text.length };
}

const insert =
  (text: string) =>
  (line: Line): Line => ({
    text: line.text.slice(0, line.cursor) + text + line.text.slice(line.cursor),
    cursor: line.cursor + text.length,
  });

const cut = ({ text }: Line, from: number, to: number): Line => ({
  text: text.slice(0, from) + text.slice(to),
  cursor: from,
});

const move =
  (to: (line: Line) => number) =>
  (line: Line): Line => ({ ...line, cursor: to(line) });

const commands: Record<string, (line: Line) => Line> = {
  left: move(before),
  right: move(after),
  home: move(startOfLine),
  end: move(endOfLine),
  "ctrl-a": move(startOfLine),
  "ctrl-e": move(endOfLine),
  "ctrl-b": move(before),
  "ctrl-f": move(after),
  "meta-b": move(wordBefore),
  "meta-f": move(wordAfter),
  "ctrl-left": move(wordBefore),
  "ctrl-right": move(wordAfter),
  backspace: (line) => cut(line, before(line), line.cursor),
  "ctrl-h": (line) => cut(line, before(line), line.cursor),
  delete: (line) => cut(line, line.cursor, after(line)),
  "ctrl-w": (line) => cut(line, wordBefore(line), line.cursor),
  "meta-backspace": (line) => cut(line, wordBefore(line), line.cursor),
  "ctrl-u": (line) => cut(line, startOfLine(line), line.cursor),
  "ctrl-k": (line) => cut(line, line.cursor, endOfLine(line)),
  "ctrl-j": insert("\n"),
  "meta-return": insert("\n"),
  "meta-enter": insert("\n"),
  enter: insert("\n"),
};

const characters = new Intl.Segmenter();

function before({ text, cursor }: Line): number {
  const last = [...characters.segment(text.slice(0, cursor))].at(-1);
  return last?.index ?? 0;
}

function after({ text, cursor }: Line): number {
  const [first] = characters.segment(text.slice(cursor));
  return cursor + (first?.segment.length ?? 0);
}

function startOfLine({ text, cursor }: Line): number {
  return text.lastIndexOf("\n", cursor - 1) + 1;
}

function endOfLine({ text, cursor }: Line): number {
  const end = text.indexOf("\n", cursor);
  return end === -1 ? text.length : end;
}

function wordBefore({ text, cursor }: Line): number {
  return text.slice(0, cursor).replace(/\S*\s*$/, "").length;
}

function wordAfter({ text, cursor }: Line): number {
  return cursor + (/^\s*\S*/.exec(text.slice(cursor))?.[0].length ?? 0);
}
