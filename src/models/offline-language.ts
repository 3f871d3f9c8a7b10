/**
 * Takes a request apart: first the texts that are to be taken literally, which become tokens that no rule
 * looks into, then its clauses.
 */

export interface Clause {
  /** With a token for every literal. */
  text: string;
  literals: readonly string[];
  /** The person said that it comes after the one before ("then", a numbered list). */
  isOrdered: boolean;
  /** "also", "too": something more, not something else. */
  isMore: boolean;
}

const more = /\b(?:also|too|as well|additionally|in addition)\b/i;

const tokenStart = "\uE000";
const tokenEnd = "\uE001";
/** Source of a pattern that matches one token. */
export const tokenPattern = `${tokenStart}\\d+${tokenEnd}`;
const tokens = new RegExp(`${tokenStart}(\\d+)${tokenEnd}`, "g");

/** The clause as the person wrote it, literals in curly quotes. */
export function toPhrase(text: string, literals: readonly string[]): string {
  return text.replace(tokens, (_, index) => `“${literals[Number(index)] ?? ""}”`);
}

/** The literals in a piece of a clause. */
export function literalsIn(text: string, literals: readonly string[]): string[] {
  return [...text.matchAll(tokens)].map(([, index]) => literals[Number(index)] ?? "");
}

export function splitRequest(request: string): Clause[] {
  const literals: string[] = [];
  const sources: string[] = [];
  // What was taken for a literal inside a longer one is put back as it was written.
  const restore = (text: string) => text.replace(tokens, (_, index) => sources[Number(index)] ?? "");
  const keep: Keep = (literal, source) => {
    sources.push(restore(source));
    return `${tokenStart}${literals.push(restore(literal)) - 1}${tokenEnd}`;
  };
  const text = request.replace(new RegExp(`[${tokenStart}${tokenEnd}]`, "g"), "").replaceAll("\r\n", "\n");
  const lines = protectTails(protectQuotes(text, keep), keep).split("\n");
  const clauses: Clause[] = [];
  for (const line of lines) {
    const [, number, bare = ""] = /^\s*(?:(\d+[.)])|[-*•])?\s*(.*)$/.exec(line) ?? [];
    const parts = splitLine(bare.replace(/\s+/g, " ").trim());
    for (const [index, { text, isOrdered, isMore }] of parts.entries()) {
      const follows = isOrdered || (index === 0 && number !== undefined && clauses.length > 0);
      const stripped = stripPoliteness(text);
      const isEmpty =
        stripped === "" || /^(?:and|but|then|so|also|please|first|next|finally)$/i.test(stripped);
      if (!isEmpty) clauses.push({ text: stripped, literals, isOrdered: follows, isMore });
    }
  }
  return joinBareVerbs(clauses);
}

/** Puts a token in the place of a literal; `source` is how it was written, with its quotes. */
type Keep = (literal: string, source: string) => string;

function protectQuotes(text: string, keep: Keep): string {
  return text
    .replace(/```[^\n]*\n([\s\S]*?)\n?```/g, (source, body: string) => keep(body, source))
    .replace(/“([^”]*)”|"([^"\n]*)"|`([^`\n]+)`/g, (source, ...found: string[]) =>
      keep(found.slice(0, 3).find((one) => one !== undefined) ?? "", source),
    )
    .replace(/(?<![\p{L}\p{N}])[‘'](.+?)[’'](?![\p{L}\p{N}])/gu, (source, body: string) =>
      keep(body, source),
    );
}

const writing =
  /\b(?:write|create|save|append|add(?!\s+up)|put|make|store|insert|prepend|change|replace|set)\b/i;
const saying = /\b(?:text|content|contents|saying|says|line|words|following)$/i;
const goesOn = /(?:(?<=[.!?])|;)\s+(?=(?:Then|After that|Afterwards|Finally|Next)\b)/;

/** What follows a colon behind "write … to a.txt" is meant literally, to the end of the line or of the text. */
function protectTails(text: string, keep: Keep): string {
  const lines = text.split("\n");
  const out: string[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    const [, head = "", tail = ""] = /^(.*?\S):(?:\s+(.*))?$/.exec(line) ?? [];
    const isTail = head !== "" && writing.test(head) && (saying.test(head) || hasPath(head));
    if (!isTail || new RegExp(`^${tokenPattern}[.!]?$`).test(tail)) {
      out.push(line);
    } else if (tail.trim() !== "") {
      const [literal = "", ...rest] = tail.split(goesOn);
      out.push(
        `${head} ${keep(literal.trim(), literal.trim())}${rest.length > 0 ? `. ${rest.join(" ")}` : ""}`,
      );
    } else {
      const left = lines.slice(at + 1);
      const end = left.findIndex((one) => /^(?:Then|After that|Afterwards|Finally|Next)\b/.test(one));
      const body = (end === -1 ? left : left.slice(0, end)).join("\n").replace(/^\n+|\s+$/g, "");
      out.push(
        body === "" ? line : `${head} ${body.match(tokens)?.[0] === body ? body : keep(`${body}\n`, body)}`,
      );
      at += end === -1 ? left.length : end;
    }
  }
  return out.join("\n");
}

/** Whether a word in it looks like a path with an extension, or is a literal. */
export function hasPath(text: string): boolean {
  return text.split(/[\s,;()]+/).some((word) => isPathLike(word.replace(/[.:!?]+$/, "")));
}

/** A word such as `a.txt`, `notes/`, `*.md` or `../x`; not `e.g.`, `and/or` or `3.5`. */
export function isPathLike(word: string): boolean {
  if (new RegExp(`^${tokenPattern}$`).test(word)) return false;
  if (/^(?:e\.g|i\.e|a\.m|p\.m|etc|and\/or|w\/o|n\/a|\d+\/\d+|\d+(?:\.\d+)*)\.?$/i.test(word)) return false;
  if (/^[a-z]+:\/\//i.test(word)) return false;
  return (
    /^[^\s/]*[^\s/.]\.[A-Za-z][A-Za-z0-9]{0,9}$/.test(word) || /^[^\s]+\/[^\s]*$|^\/[^\s]+$|^\*/.test(word)
  );
}

/** A literal that is the name of a file: unlike a bare word it may have spaces in it. */
export function isNamedPath(literal: string): boolean {
  return isPathLike(literal) || (/^[^\n]{1,120}\.[A-Za-z]\w{0,9}$/.test(literal) && !/[.!?]\s/.test(literal));
}

const verbs = [
  "add append average back(?:\\s|-)?up book calculate call change check clear combine commit compare compress",
  "compute concatenate convert copy count create delete deploy describe display do\\s+not don['’]?t download",
  "draw duplicate edit email empty encrypt erase exclude execute explain export find fix follow get give grep",
  "ignore include insert install join keep leave list locate look lowercase mail make mark merge move never number",
  "open order paint play prepend print publish push put read remove rename replace reverse rewrite run save",
  "schedule search send show skip sort store sum(?=\\s+(?:up|the|all)) summari[sz]e tell total(?=\\s+(?:up|the))",
  "touch translate tweet update upload uppercase use wait work\\s+out write zip",
  "which what how who where when whether mkdir rm only",
];
const starters = `(?:${verbs.join(" ").split(" ").join("|")})\\b(?!\\s+of\\b)`;
const fillers = "(?:also|please|finally|afterwards|in the end|at the end|lastly)";
const connective = new RegExp(
  `\\s*;\\s*|,?\\s+(?:and|but(?!\\s+(?:leave|skip|exclude|ignore|keep)))\\s+(?:then\\s+)?(?:${fillers},?\\s+)?(?=${starters})` +
    `|,?\\s+then\\s+(?:${fillers},?\\s+)?(?=${starters})|,\\s+(?:${fillers},?\\s+)?(?=${starters})`,
  "gi",
);

type Part = Omit<Clause, "literals">;

function splitLine(line: string): Part[] {
  const sentences = line.split(
    new RegExp(`(?<=[.!?])\\s+(?=[\\p{Lu}${tokenStart}]|(?:and |then |also |please )*(?:${starters}))`, "u"),
  );
  return sentences.flatMap((sentence) => {
    const parts: Part[] = [];
    let from = 0;
    let link = "";
    let isOrdered = /^(?:then|next|after that|afterwards|finally|lastly)\b/i.test(sentence);
    for (const found of sentence.matchAll(connective)) {
      const text = sentence.slice(from, found.index);
      parts.push({ text, isOrdered, isMore: more.test(link + text) });
      link = found[0];
      isOrdered = /\b(?:then|finally|afterwards|lastly)\b/i.test(found[0]);
      from = found.index + found[0].length;
    }
    const text = sentence.slice(from);
    return [...parts, { text, isOrdered, isMore: more.test(link + text) }].flatMap(repeatVerb);
  });
}

const pair = new RegExp(
  `^(\\w+)\\s+(.*\\b(?:in)?to\\s+\\S+?),?\\s+(?:and\\s+)?(${tokenPattern}\\s+(?:in)?to\\s+\\S+)$`,
  "i",
);

/** In "write “x” to a.txt, “y” to b.txt" the verb is said once. */
function repeatVerb(part: Part): Part[] {
  const [, verb, first, second] = pair.exec(part.text) ?? [];
  if (verb === undefined) return [part];
  return [
    ...repeatVerb({ ...part, text: `${verb} ${first}` }),
    { ...part, text: `${verb} ${second}`, isOrdered: false },
  ];
}

const politeness = new RegExp(
  "^(?:(?:please|pls|kindly|hi|hello|hey|ok|okay|so|now|also|and|but|then|first|firstly|second|secondly|third|next|" +
    "finally|lastly|after that|afterwards|additionally|in addition|in the end|simply|well|yes|" +
    "(?:could|can|would|will) you|i(?:['’]d| would) like (?:you )?to|i (?:want|need) (?:you )?to|let['’]?s|" +
    "you (?:should|must|can|need to)|go ahead and|try to|help me(?: to)?)(?:,\\s*|!\\s*|:\\s*|\\s+))+",
  "i",
);

function stripPoliteness(text: string): string {
  return text
    .trim()
    .replace(/^(?:hi|hello|hey)(?: there)?[,!.]\s+/i, "")
    .replace(politeness, "")
    .replace(/[\s,]*(?:,?\s+(?:please|thanks|thank you|for me|as well|too))*[\s.!?,;]*$/i, (end) =>
      end.startsWith("?") || end.includes("?") ? "?" : "",
    )
    .trim();
}

/** In "read and summarise a.txt" the first verb has its object in the next clause. */
function joinBareVerbs(clauses: readonly Clause[]): Clause[] {
  const out: Clause[] = [];
  for (const clause of clauses) {
    const before = out.at(-1);
    const isBare =
      before !== undefined &&
      /^(?:read|open|sum|average|total|find|count|copy|search|look)$/i.test(before.text);
    if (isBare)
      out.splice(-1, 1, {
        ...clause,
        text: `${before.text} and ${clause.text}`,
        isOrdered: before.isOrdered,
      });
    else out.push(clause);
  }
  return out;
}
