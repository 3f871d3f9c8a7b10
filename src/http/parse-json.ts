import { CountersignError } from "../protocol/errors.ts";

/** Levels of arrays and objects in what a client sends: what walks through it needs the stack for each. */
const mostLevels = 200;

/** JSON that a client sent. @throws `invalid_argument` for what is none, and for what is nested too deeply */
export function parseJson(text: string): unknown {
  if (levelsOf(text) > mostLevels) {
    throw new CountersignError(
      "invalid_argument",
      `The JSON is nested deeper than ${mostLevels} levels. Send it flatter, or as text.`,
    );
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CountersignError(
      "invalid_argument",
      `The body is not valid JSON: ${(error as Error).message}.`,
    );
  }
}

const [quote, backslash] = [0x22, 0x5c];
const isOpening = (code: number) => code === 0x5b || code === 0x7b;
const isClosing = (code: number) => code === 0x5d || code === 0x7d;

/** How deep it goes; of text that is no JSON, any number. */
function levelsOf(text: string): number {
  if (text.length <= 2 * mostLevels) return 0;
  let level = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfString(text, at + 1);
    else if (isOpening(code)) {
      level += 1;
      if (level > deepest) deepest = level;
    } else if (isClosing(code)) level -= 1;
  }
  return deepest;
}

/** Where the string that begins at `start` ends. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start); at !== -1; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === backslash) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}
