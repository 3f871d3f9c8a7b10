import { styleText } from "node:util";

type Paint = (text: string) => string;

/** Colours with a meaning; all of them leave the text as it is where there shall be no colour. */
export interface Style {
  bold: Paint;
  dim: Paint;
  good: Paint;
  bad: Paint;
  warn: Paint;
  accent: Paint;
  outside: Paint;
}

/** By NO_COLOR (no-color.org), and by what the stream is. */
export function createStyle(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv): Style {
  const isPlain = stream.isTTY !== true || (env.NO_COLOR ?? "") !== "" || env.TERM === "dumb";
  return isPlain ? plain : colored;
}

const as =
  (format: Parameters<typeof styleText>[0]): Paint =>
  (text) =>
    text === "" ? "" : styleText(format, text, { validateStream: false });

const colored: Style = {
  bold: as("bold"),
  dim: as("dim"),
  good: as("green"),
  bad: as("red"),
  warn: as("yellow"),
  accent: as("cyan"),
  outside: as("magenta"),
};

const same: Paint = (text) => text;

export const plain: Style = {
  bold: same,
  dim: same,
  good: same,
  bad: same,
  warn: same,
  accent: same,
  outside: same,
};
