import { findArithmetic } from "./arithmetic.ts";
import { type Analysis, parseAnalysis } from "./offline-analyses.ts";
import { type Content, isComposable, parseContent } from "./offline-content.ts";
import { type FileIntent, parseFileIntent } from "./offline-file-intents.ts";
import { type Clause, splitRequest, toPhrase } from "./offline-language.ts";
import { findPlace, toPath } from "./offline-places.ts";
import { parseSmallTalk, type SmallTalk } from "./offline-words.ts";

/** One thing that a person wants, read from one clause. Phrases are resolved to files later. */
export type Intent = { clause: string; isOrdered: boolean } & Wish;

type Wish =
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
    .flatMap(splitCreation)
    .map((clause) => ({
      clause: toPhrase(clause.text, clause.literals),
      isOrdered: clause.isOrdered,
      ...parseClause(clause),
    }))
    .filter((intent, _, all) => intent.do !== "talk" || all.length === 1);
}

/** "Create a.md and b.md" is two wishes. */
function splitCreation(clause: Clause): Clause[] {
  const [, list = ""] =
    /^(?:create|make|touch|add)\s+(?:the\s+|empty\s+|new\s+)*(?:files?\s+)?(.+)$/i.exec(clause.text) ?? [];
  const words = list.split(/,\s*(?:and\s+)?|\s+and\s+/);
  const isList =
    words.length > 1 &&
    words.every((word) => toPath(word, clause.literals) !== undefined && !/\s/.test(word));
  return isList ? words.map((word) => ({ ...clause, text: `create ${word}` })) : [clause];
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
  const isText = content.is === "composition" && isComposable(content.topic);
  return isText ? { do: "write", path: "", content, isAppend } : undefined;
}

function parseAnswer({ text, literals }: Clause): Wish | undefined {
  const analysis = parseAnalysis(text, literals);
  return analysis && { do: "answer", analysis };
}
