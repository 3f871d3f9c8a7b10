import { type Clause, hasPath, isNamedPath, isPathLike, literalsIn, toPhrase } from "./offline-language.ts";

/** A change to the text of one or several files, made from what they say now. */
export type Change =
  | { is: "replace"; from: string; to: string }
  | { is: "sort" | "unique" | "uppercase" | "lowercase" | "number" | "reverse" | "clear" }
  | { is: "drop"; text: string }
  | { is: "prepend"; text: string };

/** What is done to files as a whole, or to the text in them. */
export type FileIntent =
  | { do: "copy" | "move"; object: string; to: string; isRename: boolean }
  | { do: "backup"; object: string; to: string | undefined }
  | { do: "delete"; object: string }
  | { do: "folder"; names: string[] }
  | { do: "change"; object: string; change: Change };

/** Reads a clause that copies, moves, deletes or changes files; undefined when it is about something else. */
export function parseFileIntent(clause: Clause): FileIntent | undefined {
  return (
    parseFolder(clause) ??
    parseBackup(clause) ??
    parseChange(clause) ??
    parseTransfer(clause) ??
    parseDelete(clause)
  );
}

function parseFolder({ text, literals }: Clause): FileIntent | undefined {
  const [, rest] =
    /^(?:mkdir(?: -p)?|(?:create|make|add|set up|start)(?=.*\b(?:folders?|director(?:y|ies)|subfolders?)\b))\s+(.*)$/i.exec(
      text,
    ) ?? [];
  if (rest === undefined || /\bfile\b/i.test(rest)) return undefined;
  const names = rest
    .replace(
      /\b(?:an?|the|new|empty|sub)\b|\b(?:folders?|director(?:y|ies)|subfolders?)\b|\b(?:called|named)\b|\bfor me\b/gi,
      " ",
    )
    .split(/\s*,\s*|\s+and\s+|\s+/)
    .map((name) => literalsIn(name, literals)[0] ?? name)
    .map((name) => name.replace(/^(?:\.\/)+|[/.:]+$/g, ""))
    .filter((name) => name !== "" && name !== "in");
  if (names.some((name) => /\.[A-Za-z]\w*$/.test(name))) return undefined;
  return names.length > 0 ? { do: "folder", names } : undefined;
}

function parseBackup({ text, literals }: Clause): FileIntent | undefined {
  const pattern =
    /^(?:back(?:\s|-)?up|(?:make|create|take|keep|do)\s+(?:an?\s+)?(?:back(?:\s|-)?ups?)(?:\s+cop(?:y|ies))?)\b(?:\s+of)?\s*(.*)$/i;
  const [, rest] = pattern.exec(text) ?? [];
  if (rest === undefined) return undefined;
  const [, object = rest, to] =
    /^(.*?)\s*\b(?:to|into|in|as|under)\s+(?:the |a |an )?(?:new )?(?:folder |directory )?(?:called |named )?(\S+)(?:\s+(?:folder|directory))?$/i.exec(
      rest,
    ) ?? [];
  const place = to === undefined ? undefined : (literalsIn(to, literals)[0] ?? to);
  const isPlace = place !== undefined && !/^(?:workspace|place|case)$/i.test(place);
  return {
    do: "backup",
    object: toPhrase(isPlace ? object : rest, literals),
    to: isPlace ? place : undefined,
  };
}

/** Verb, what, preposition, where; "to" counts only in front of its last word. */
const transfer =
  /^(copy|copies|duplicate|clone|move|relocate|rename|put|(?:make|create) (?:an? )?(?:copy|copies|duplicate) of)\s+(.+)\s+(?:to|into|in|as|called|named|under)\s+(?:the |a |an |new )*(?:(folder|directory) )?(?:called |named )?(\S+?)((?:\s+(?:folder|directory))?)$/i;

function parseTransfer({ text, literals }: Clause): FileIntent | undefined {
  const [, verb = "", object = "", before, target = "", after] = transfer.exec(text) ?? [];
  if (verb === "") return undefined;
  const named = literalsIn(target, literals)[0] ?? target;
  const isFolder = before !== undefined || (after ?? "") !== "";
  const to = isFolder && !named.endsWith("/") ? `${named}/` : named;
  const phrase = toPhrase(object, literals);
  if (/^put/i.test(verb)) {
    // "put hello in a.txt" writes; "put a.txt in archive" moves.
    const isMove = (hasPath(object) || /\bfiles?\b/i.test(object)) && !(isPathLike(to) && !to.endsWith("/"));
    return isMove
      ? { do: "move", object: phrase, to: to.endsWith("/") ? to : `${to}/`, isRename: false }
      : undefined;
  }
  const isMove = /^(?:move|relocate|rename)/i.test(verb);
  return { do: isMove ? "move" : "copy", object: phrase, to, isRename: /^rename/i.test(verb) };
}

function parseDelete({ text, literals }: Clause): FileIntent | undefined {
  const [, object] =
    /^(?:delete|remove|erase|trash|rm|discard|get rid of|clean up|wipe)\s+(.+)$/i.exec(text) ?? [];
  if (object === undefined || /^(?:steps?\b|s\d+\b)/i.test(object)) return undefined;
  return { do: "delete", object: toPhrase(object, literals) };
}

type ChangeRule = [
  RegExp,
  (groups: Record<string, string | undefined>, read: (text: string) => string) => Change,
];

const object = "(?<object>.+)";
const changes: ChangeRule[] = [
  [
    new RegExp(
      `^(?:replace|change|swap)\\s+(?:all |every |each )?(?:occurrences? of |the words? |the text )?(?<from>.+?)\\s+(?:with|by|to|for|into)\\s+(?:the words? |the text )?(?<to>.+?)\\s+(?:in|of|throughout|across|within)\\s+${object}$`,
      "i",
    ),
    ({ from = "", to = "" }, read) => ({ is: "replace", from: read(from), to: read(to) }),
  ],
  [
    new RegExp(
      `^in\\s+${object},?\\s+(?:replace|change)\\s+(?<from>.+?)\\s+(?:with|by|to)\\s+(?<to>.+)$`,
      "i",
    ),
    ({ from = "", to = "" }, read) => ({ is: "replace", from: read(from), to: read(to) }),
  ],
  [
    new RegExp(
      `^(?:remove|delete|drop)\\s+(?:the |all |any )?duplicate(?:d)?\\s+lines?\\s+(?:from|in|of)\\s+${object}$`,
      "i",
    ),
    () => ({ is: "unique" }),
  ],
  [
    new RegExp(`^(?:dedupe|deduplicate)\\s+(?:the )?(?:lines (?:of|in) )?${object}$`, "i"),
    () => ({ is: "unique" }),
  ],
  [
    new RegExp(
      `^(?:remove|delete|drop)\\s+(?:the |all |any |every )?lines?\\s+(?:(?:that |which )?(?:with|contain(?:s|ing)?|mention(?:s|ing)?|say(?:s|ing)?)\\s+)?(?<text>.+?)\\s+(?:from|in|of)\\s+${object}$`,
      "i",
    ),
    ({ text = "" }, read) => ({ is: "drop", text: read(text) }),
  ],
  [new RegExp(`^sort\\s+(?:the )?(?:lines (?:of|in) )?${object}$`, "i"), () => ({ is: "sort" })],
  [new RegExp(`^reverse\\s+(?:the )?(?:lines (?:of|in) )?${object}$`, "i"), () => ({ is: "reverse" })],
  [new RegExp(`^number\\s+(?:the )?lines (?:of|in) ${object}$`, "i"), () => ({ is: "number" })],
  [
    new RegExp(`^(?:uppercase|(?:convert|change|turn|make)\\s+(?=.*upper ?case))\\s*${object}$`, "i"),
    () => ({ is: "uppercase" }),
  ],
  [
    new RegExp(`^(?:lowercase|(?:convert|change|turn|make)\\s+(?=.*lower ?case))\\s*${object}$`, "i"),
    () => ({ is: "lowercase" }),
  ],
  [new RegExp(`^(?:empty|clear)\\s+(?:out )?${object}$`, "i"), () => ({ is: "clear" })],
  [
    new RegExp(
      `^(?:prepend|(?:add|insert|put|write)(?=.*\\b(?:top|beginning|start) of))\\s+(?<text>.+?)\\s+(?:to|at|in)\\s+(?:the (?:top|beginning|start) of )?${object}$`,
      "i",
    ),
    ({ text = "" }, read) => ({ is: "prepend", text: read(text) }),
  ],
];

function parseChange({ text, literals }: Clause): FileIntent | undefined {
  const read = (words: string) =>
    literalsIn(words, literals)[0] ?? words.replace(/^(?:the )?(?:line|word|text)s? /i, "");
  for (const [pattern, toChange] of changes) {
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) continue;
    const phrase = groups.object ?? "";
    const isAboutFile =
      hasPath(phrase) ||
      /\bfiles?\b|\b(?:it|them|everything)\b/i.test(phrase) ||
      literalsIn(phrase, literals).some(isNamedPath);
    if (isAboutFile)
      return { do: "change", object: toPhrase(phrase, literals), change: toChange(groups, read) };
  }
  return undefined;
}
