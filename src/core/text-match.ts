/** A hit and what stands around it, as plain text on one line. */
export interface Excerpt {
  snippet: string;
  /** Where in `snippet` the hit begins and ends, in UTF-16 code units. */
  match: [start: number, end: number];
}

/** Characters of a snippet, about. */
const snippetLength = 160;

export interface TextMatcher {
  /** False where the text is certainly not in any text that this JSON holds. */
  mayBeIn(json: string): boolean;
  /** The first place of the text, with its surroundings. */
  find(text: string): Excerpt | undefined;
}

/**
 * Looks for a text in any case (by Unicode's simple case folding), however its accents are written, with any white
 * space where it has some.
 */
export function createTextMatcher(query: string): TextMatcher {
  const words = query.normalize("NFC").trim().split(/\s+/u);
  const inText = new RegExp(words.map(escaped).join("\\s+"), "iu");
  const inJson = new RegExp(words.map((word) => escaped(toJson(word))).join(jsonSpace), "iu");
  return {
    mayBeIn(json) {
      if (inJson.test(json)) return true;
      return json.normalize("NFC") !== json && inJson.test(normalJson(json));
    },
    find(text) {
      const normal = text.normalize("NFC");
      const found = inText.exec(normal);
      return found === null ? undefined : toExcerpt(normal, found.index, found.index + found[0].length);
    },
  };
}

/** White space as it may be written in JSON. */
const jsonSpace = "(?:\\s|\\\\[nrtf]|\\\\u000b)+";

/** With every accent on its letter; but none on the letter of an escape before it. */
function normalJson(json: string): string {
  return json
    .replace(/\\(?:u[\da-f]{4}|.)/gi, "$&\0")
    .normalize("NFC")
    .replaceAll("\0", "");
}

const toJson = (text: string): string => JSON.stringify(text).slice(1, -1);

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

function toExcerpt(text: string, start: number, end: number): Excerpt {
  const room = Math.max(0, snippetLength - (end - start));
  const fromStart = Math.min(start, Math.floor(room / 2));
  const toEnd = Math.min(text.length - end, room - fromStart);
  const first = cutBefore(text, start - Math.min(start, room - toEnd));
  const last = cutBefore(text, end + toEnd);
  const before = onOneLine(first > 0 ? `…${text.slice(first, start)}` : text.slice(0, start).trimStart());
  const hit = onOneLine(text.slice(start, end));
  const after = onOneLine(last < text.length ? `${text.slice(end, last)}…` : text.slice(end).trimEnd());
  return { snippet: `${before}${hit}${after}`, match: [before.length, before.length + hit.length] };
}

/** A place near this one where no pair of surrogates is cut in two. */
function cutBefore(text: string, place: number): number {
  const isInPair = /[\udc00-\udfff]/.test(text[place] ?? "") && /[\ud800-\udbff]/.test(text[place - 1] ?? "");
  return isInPair ? place - 1 : place;
}

const onOneLine = (text: string): string => text.replace(/\s+/gu, " ");
