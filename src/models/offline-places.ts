import { hasPath, isNamedPath, isPathLike, literalsIn } from "./offline-language.ts";

/** Stands for the file spoken of before. */
export const thatFile = "it";

/** A path that something is to be written to, and the clause without it. */
interface Place {
  path: string;
  rest: string;
}

/**
 * Where something is to be written: the last path behind "to", "into", "in", "as" or "called", else, when
 * something is written or created, the only path of the clause.
 */
export function findPlace(text: string, literals: readonly string[], isWriting: boolean): Place | undefined {
  // "Count the words in a.txt" names what is counted; "summarise the notes in a.md" where it goes.
  const hasObject =
    /^summari[sz]e\b.*\b(?:folder|everything|all|every|each|and)\b|^summari[sz]e\b.*\.\w+ in /i.test(text);
  const prepositions = isWriting
    ? "into|to|in|as|at|called|named|inside|under"
    : `into|to|as${hasObject ? "|in" : ""}`;
  const nouns =
    "(?:(?:a|an|the|new|my|existing|text|markdown|csv|file|files|document|(?:end|bottom) of)\\s+)*";
  const pattern = new RegExp(
    `\\s*\\b(?:${prepositions})\\s+${nouns}(?:(?:called|named)\\s+)?([^\\s,;]+)`,
    "gi",
  );
  const places = [...text.matchAll(pattern)].flatMap((match) => {
    const path = toPath(match[1] ?? "", literals);
    return path === undefined ? [] : [{ path, at: match.index, length: match[0].length }];
  });
  const place = isWriting ? (leadingPlace(text, literals) ?? places.at(-1)) : places.at(-1);
  if (place !== undefined) return inFolder(place.path, cutOut(text, place.at, place.length));
  const it = /\s+(?:to|into|in)\s+(?:it|that file|this file|the (?:same )?file)$/i.exec(text);
  if (isWriting && it) return { path: thatFile, rest: cutOut(text, it.index, it[0].length) };
  const folder = /\s*\b(?:in|into|to)\s+(?:the |a |new )*([\w-]+)\s+(?:folder|directory)\b/i.exec(text);
  if (isWriting && folder && hasPath(text) === false) {
    return { path: `${folder[1]}/`, rest: cutOut(text, folder.index, folder[0].length) };
  }
  if (!isWriting) return undefined;
  const named = [...text.matchAll(/[^\s,;]+/g)].filter(([word]) => toPath(word, literals) !== undefined);
  const [only] = named;
  if (only === undefined || named.length > 1) return undefined;
  return inFolder(toPath(only[0], literals) ?? "", cutOut(text, only.index, only[0].length));
}

/** "Create report.md with a summary of a.txt": the path comes first. */
function leadingPlace(
  text: string,
  literals: readonly string[],
): { path: string; at: number; length: number } | undefined {
  const pattern =
    /^\w+\s+((?:(?:an?|the|new|file|document|note|called|named)\s+)*([^\s,;]+))\s+(?=(?:with|containing|from|that|saying)\b)/i;
  const [whole, phrase = "", word = ""] = pattern.exec(text) ?? [];
  const path = whole === undefined ? undefined : toPath(word, literals);
  return path === undefined ? undefined : { path, at: text.indexOf(phrase), length: phrase.length };
}

/** "summary.md in the reports folder" is `reports/summary.md`. */
function inFolder(path: string, rest: string): Place {
  const folder = /\s*\b(?:in|into|inside)\s+(?:the |a |new )*([\w-]+)\s+(?:folder|directory)\b/i.exec(rest);
  if (folder === null || path.includes("/")) return { path, rest };
  return { path: `${folder[1]}/${path}`, rest: cutOut(rest, folder.index, folder[0].length) };
}

function cutOut(text: string, at: number, length: number): string {
  return `${text.slice(0, at)} ${text.slice(at + length)}`.replace(/\s+/g, " ").trim();
}

export function toPath(word: string, literals: readonly string[]): string | undefined {
  const [literal] = literalsIn(word, literals);
  if (literal !== undefined) return isNamedPath(literal) ? literal : undefined;
  const bare = word.replace(/[.:!?]+$/, "");
  return isPathLike(bare) && !bare.startsWith("*") ? bare.replace(/^(?:\.\/)+/, "") : undefined;
}
