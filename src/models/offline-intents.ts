import { findArithmetic } from "./arithmetic.ts";
import { type Analysis, parseAnalysis } from "./offline-analyses.ts";
import { type Content, parseContent } from "./offline-content.ts";
import { type FileIntent, parseFileIntent } from "./offline-file-intents.ts";
import {
  type Clause,
  hasPath,
  isNamedPath,
  isPathLike,
  literalsIn,
  splitRequest,
  toPhrase,
} from "./offline-language.ts";
import { type SmallTalk, parseSmallTalk } from "./offline-words.ts";

/** One thing that a person wants, read from one clause. Phrases are resolved to files later. */
export type Intent = { clause: string; isOrdered: boolean } & Wish;

export type Wish =
  | { do: "answer"; analysis: Analysis }
  /** `path` is `""` when the person named none. */
  | { do: "write"; path: string; content: Content; isAppend: boolean }
  | FileIntent
  | { do: "sum"; expression: string; value: number }
  | { do: "talk"; about: SmallTalk }
  /** Limits what the rest may touch: "but leave out drafts". */
  | { do: "limit" }
  | { do: "unknown" };

/** What a person wants, in their order. */
export function parseIntents(request: string): Intent[] {
  const whole = parseSmallTalk(request);
  if (whole !== undefined) return [{ clause: request, isOrdered: false, do: "talk", about: whole }];
  return splitRequest(request)
    .map((clause) => ({
      clause: toPhrase(clause.text, clause.literals),
      isOrdered: clause.isOrdered,
      ...parseClause(clause),
    }))
    .filter((intent, _, all) => intent.do !== "talk" || all.length === 1);
}

/** What one clause wants. */
export function parseClause(clause: Clause): Wish {
  const phrase = toPhrase(clause.text, clause.literals);
  const sum = findArithmetic(phrase);
  if (sum !== undefined) return { do: "sum", ...sum };
  if (
    /^(?:do not|don['’]?t|never|leave out|skip|exclude|ignore|without|except|only|just the|keep)\b/i.test(
      clause.text,
    )
  ) {
    return { do: "limit" };
  }
  const wish = parseFileIntent(clause) ?? parseOverwrite(clause) ?? parseWrite(clause) ?? parseAnswer(clause);
  if (wish !== undefined) return wish;
  const about = parseSmallTalk(phrase);
  return about === undefined ? { do: "unknown" } : { do: "talk", about };
}

const writing =
  /^(?:write|save|store|put|record|output|export|create|make|add|generate|produce|touch|note|place|dump|prepare|compile|draft|compose|append|insert|keep|print|merge|combine|concatenate|join)\b(?!\s+up\b)\s*/i;

/** Verbs that find something out, whose answer may have a place to go to: "list all files into files.txt". */
const finding =
  /^(?:list|count|search|grep|find|summari[sz]e|sum|add up|total|calculate|compute|work out|get|extract|collect)\b/i;

function parseWrite({ text, literals }: Clause): Wish | undefined {
  const isWriting = writing.test(text);
  if (!isWriting && !finding.test(text)) return undefined;
  const place = findPlace(text, literals, isWriting);
  if (!isWriting) {
    if (place === undefined) return undefined;
    const analysis = parseAnalysis(place.rest, literals);
    return (
      analysis && { do: "write", path: place.path, content: { is: "analysis", analysis }, isAppend: false }
    );
  }
  const [verb = ""] = writing.exec(text) ?? [];
  const isAppend = /^(?:append|add|insert)/i.test(verb) || /\b(?:to|at) the (?:end|bottom) of\b/i.test(text);
  const rest = (place?.rest ?? text).slice(verb.length).trim();
  if (place === undefined) return parseUnplaced(rest, literals, isAppend);
  if (/^(?:merge|combine|concatenate|join)/i.test(verb)) {
    const analysis: Analysis = { is: "text", object: toPhrase(rest, literals) };
    return { do: "write", path: place.path, content: { is: "analysis", analysis }, isAppend: false };
  }
  return { do: "write", path: place.path, content: parseContent(rest, literals), isAppend };
}

/** "Replace a.txt with “…”", "set the text of a.txt to “…”". */
function parseOverwrite({ text, literals }: Clause): Wish | undefined {
  const pattern =
    /^(?:replace|overwrite|set|change|update)\s+(?:the (?:text|content|contents) (?:of|in) )?(\S+)\s+(?:with|to|by)\s+(.+)$/i;
  const [, target = "", words = ""] = pattern.exec(text) ?? [];
  const path = toPath(target, literals);
  if (path === undefined) return undefined;
  return { do: "write", path, content: parseContent(words, literals), isAppend: false };
}

/** "Write a summary of every file" is answered; "write a summary to a file" gets a name later. */
function parseUnplaced(rest: string, literals: readonly string[], isAppend: boolean): Wish | undefined {
  const toFile =
    /\s*\b(?:to|into|in|as)\s+(?:a|an|one|the)\s+(?:new\s+)?(?:text\s+|markdown\s+)?(?:file|document|report)\b.*$/i;
  const content = parseContent(rest.replace(toFile, ""), literals);
  if (toFile.test(rest)) return { do: "write", path: "", content, isAppend };
  if (content.is === "analysis") return { do: "answer", analysis: content.analysis };
  return content.is === "composition" ? { do: "write", path: "", content, isAppend } : undefined;
}

/**
 * Where something is to be written: the last path behind "to", "into", "in", "as" or "called", else, when
 * something is written or created, the only path of the clause.
 */
function findPlace(
  text: string,
  literals: readonly string[],
  isWriting: boolean,
): { path: string; rest: string } | undefined {
  const prepositions = isWriting ? "into|to|in|as|at|called|named|inside|under" : "into|to|as";
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
  const place = places.at(-1);
  if (place !== undefined) return inFolder(place.path, cutOut(text, place.at, place.length));
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

/** "summary.md in the reports folder" is `reports/summary.md`. */
function inFolder(path: string, rest: string): { path: string; rest: string } {
  const folder = /\s*\b(?:in|into|inside)\s+(?:the |a |new )*([\w-]+)\s+(?:folder|directory)\b/i.exec(rest);
  if (folder === null || path.includes("/")) return { path, rest };
  return { path: `${folder[1]}/${path}`, rest: cutOut(rest, folder.index, folder[0].length) };
}

function cutOut(text: string, at: number, length: number): string {
  return `${text.slice(0, at)} ${text.slice(at + length)}`.replace(/\s+/g, " ").trim();
}

function toPath(word: string, literals: readonly string[]): string | undefined {
  const [literal] = literalsIn(word, literals);
  if (literal !== undefined) return isNamedPath(literal) ? literal : undefined;
  const bare = word.replace(/[.:!?]+$/, "");
  return isPathLike(bare) && !bare.startsWith("*") ? bare.replace(/^(?:\.\/)+/, "") : undefined;
}

function parseAnswer({ text, literals }: Clause): Wish | undefined {
  const analysis = parseAnalysis(text, literals);
  return analysis && { do: "answer", analysis };
}
