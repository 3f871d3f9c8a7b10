import type { FigureName } from "./figures.ts";
import { hasPath, isNamedPath, isPathLike, literalsIn, tokenPattern, toPhrase } from "./offline-language.ts";

export type CountUnit = "lines" | "words" | "characters" | "bytes";

/** Something to find out from files. `object` is the phrase that says which files. */
export type Analysis =
  | { is: "listing"; object: string; isCount?: boolean }
  | { is: "text"; object: string }
  | { is: "summary"; object: string; sentences?: number; hasBullets?: boolean }
  | { is: "counts"; object: string; units: CountUnit[] }
  | { is: "hits"; object: string; query: string; wants: "lines" | "files" | "number" }
  | { is: "figures"; object: string; names: FigureName[]; column?: string; by?: string }
  | { is: "extreme"; object: string; isMost: boolean; unit: CountUnit };

type Rule = (text: string, literals: readonly string[]) => Analysis | undefined;

/** The more telling words first: "count the files that mention x" is a count of hits, not of files. */
const rules: Rule[] = [hits, extreme, counts, figures, summary, listing, reading];

/**
 * What a clause (or a noun phrase such as "a one-paragraph summary of each") asks to find out.
 *
 * @param text - With a token for every literal.
 */
export function parseAnalysis(text: string, literals: readonly string[]): Analysis | undefined {
  for (const rule of rules) {
    const analysis = rule(text, literals);
    if (analysis) return analysis;
  }
  return undefined;
}

const mention =
  "(?:mention|contain|includ|talk about|speak of|refer to|have|has|say|match)(?:s|es|e|ing|ed|ning)?";
const theWord = "(?:the (?:words?|texts?|phrases?|strings?|terms?) )?";
const place = "(?: (?:in|across|within|inside|from|under|through(?:out)?) (?<object>.+?))?";

const hitPatterns: [RegExp, "lines" | "files" | "number"][] = [
  [
    /\bhow (?:many times|often) (?:does|do|is|are) (?<query>.+?) (?:occur|appear|come up|mentioned|used)(?:s|ed)?/,
    "number",
  ],
  [
    /\b(?:count|number of|how many)\b.*?\b(?:occurrences?|mentions?|instances|hits|matches) (?:of|for) (?<query>.+?)/,
    "number",
  ],
  [
    /^(?:search|grep|look|scan)\b(?<object2>.*?)\bfor (?:all )?(?:mentions of |occurrences of |lines with )?(?<query>.+?)/,
    "lines",
  ],
  [/^what (?:does|do|did) (?<object2>.+?) says? about (?<query>.+?)/, "lines"],
  [/^grep (?<query>\S+)/, "lines"],
  [
    /\bwhere (?:is|are|do|does|did)(?: (?:i|we))? (?<query>.+?) (?:mentioned|used|appear|occur|come up|mention|referenced)s?/,
    "lines",
  ],
  [/\bwhere (?:do|does|did) (?:i|we|it|they) (?:mention|say|use|talk about) (?<query>.+?)/, "lines"],
  [
    new RegExp(
      `\\b(?:files?|documents?|notes?|ones|anything)(?: (?:that|which))? ${mention} (?:about )?(?<query>.+?)`,
    ),
    "files",
  ],
  [new RegExp(`\\blines? (?:(?:that|which) )?(?:with|${mention}) (?<query>.+?)`), "lines"],
  [/\b(?:mentions?|occurrences?|references?|instances|hits|matches) (?:of|to|for) (?<query>.+?)/, "lines"],
];
const hitRules = [...hitPatterns, [/^find (?<query>.+?)/, "lines"] as const].map(([pattern, wants]) => {
  const source = pattern.source.replace("(?<query>", `${theWord}(?<query>`);
  return { pattern: new RegExp(`${source}${place}\\??$`, "i"), wants };
});

function hits(text: string, literals: readonly string[]): Analysis | undefined {
  if (/^(?:delete|read|open|copy|move|summari[sz]e|count the (?:words|lines|characters))\b/i.test(text))
    return undefined;
  for (const { pattern, wants } of hitRules) {
    const groups = pattern.exec(text)?.groups;
    const query = toQuery(groups?.query ?? "", literals);
    if (
      groups === undefined ||
      query === "" ||
      /^(?:the )?(?:more|less|fewer|no|an? extension|most|fewest|least|longest|shortest|largest|smallest)\b/i.test(
        query,
      )
    )
      continue;
    // "find TODO" and "find the word budget" mean text, "find report.txt" and "find all notes" mean files.
    const isFind = pattern.source.startsWith("^find");
    const isText =
      new RegExp(`^find (?:the (?:word|text|phrase) |${tokenPattern})`).test(text) ||
      /^[A-Z]{2,}\b/.test(query);
    if (isFind && (!isText || isPathLike(query))) continue;
    const object = toPhrase(`${groups.object ?? ""} ${groups.object2 ?? ""}`.trim(), literals);
    return { is: "hits", object, query, wants };
  }
  return undefined;
}

function toQuery(words: string, literals: readonly string[]): string {
  const [literal] = literalsIn(words, literals);
  if (literal !== undefined) return literal;
  return words
    .replace(/^(?:the|any|all|a|an) (?:words? )?/i, "")
    .replace(/[?.!]+$/, "")
    .trim();
}

const sizes = /\b(longest|largest|biggest|shortest|smallest|most|fewest)\b/i;

function extreme(text: string, literals: readonly string[]): Analysis | undefined {
  const [, word] = sizes.exec(text) ?? [];
  if (word === undefined) return undefined;
  const asks =
    /^(?:which|what|tell|say|report|give|find|name|whose|the|show me which|let me know|is)\b/i.test(text);
  if (
    !asks ||
    /\b(?:column|amounts?|prices?|values?|numbers?|costs?|rows?|expenses?|entry|entries)\b/i.test(text)
  )
    return undefined;
  const isAmount = /^(?:most|fewest)$/i.test(word);
  const unit = unitsIn(text)[0];
  if (isAmount && unit === undefined) return undefined;
  if (!isAmount && /\.(?:csv|tsv)\b/i.test(text)) return undefined;
  const isMost = /longest|largest|biggest|most/i.test(word);
  // The word itself would be taken for a choice of one file.
  const object = toPhrase(text.replace(sizes, " "), literals);
  return { is: "extreme", object, isMost, unit: unit ?? "bytes" };
}

function unitsIn(text: string): CountUnit[] {
  const found: CountUnit[] = [];
  if (/\blines?\b/i.test(text)) found.push("lines");
  if (/\bwords?\b/i.test(text)) found.push("words");
  if (/\b(?:characters?|letters|chars)\b/i.test(text)) found.push("characters");
  if (/\b(?:bytes?|sizes?)\b/i.test(text)) found.push("bytes");
  return found;
}

function counts(text: string, literals: readonly string[]): Analysis | undefined {
  const units = unitsIn(text);
  const object = toPhrase(text, literals);
  if (/\bhow long\b/i.test(text)) return { is: "counts", object, units: ["lines", "words", "characters"] };
  if (/\bhow (?:big|large)\b|\bsizes? of\b/i.test(text)) return { is: "counts", object, units: ["bytes"] };
  const isBare = units.length === 0 && /^count\b/i.test(text) && hasPath(text);
  if (isBare) return { is: "counts", object, units: ["lines", "words", "characters"] };
  if (units.length === 0 || !/\b(?:counts?|counting|how many|number of|total)\b/i.test(text))
    return undefined;
  return { is: "counts", object, units };
}

const figureWords: [RegExp, FigureName][] = [
  [/\b(?:total|totals|sum|sums|add(?:s|ing|ed)? (?:up|together)|altogether|in all)\b/i, "total"],
  [/\b(?:average|mean)\b/i, "average"],
  [/\bmedian\b/i, "median"],
  [/\b(?:minimum|min|lowest|smallest|cheapest)\b/i, "minimum"],
  [/\b(?:maximum|max|highest|largest|biggest|most expensive)\b/i, "maximum"],
];

const ofNumbers =
  /\.(?:csv|tsv)\b|\b(?:columns?|amounts?|prices?|costs?|values?|numbers?|expenses?|spend|spent|spending|sales|per|csv|average|mean|median)\b|\badd\w* (?:up|together)\b|\b(?:total|sum) of\b|\btotal up\b|\bgrouped by\b/i;

function figures(text: string, literals: readonly string[]): Analysis | undefined {
  const names = figureWords.filter(([pattern]) => pattern.test(text)).map(([, name]) => name);
  const spent = /\bhow much\b.*\b(?:spend|spent|pay|paid|cost)\b/i.test(text);
  if (names.length === 0 && !spent) return undefined;
  if (!spent && !ofNumbers.test(text)) return undefined;
  if (
    /\bsum(?:med)? up\b/i.test(text) &&
    hasPath(text) &&
    !/\.(?:csv|tsv)\b|amount|number|column/i.test(text)
  )
    return undefined;
  const [, by] =
    /\b(?:by|per|for each|for every|in each|grouped by)\s+(?:the\s+)?([\p{L}_]+)/iu.exec(text) ?? [];
  const column = columnIn(
    by === undefined
      ? text
      : text.slice(0, text.search(/\b(?:by|per|for each|for every|in each|grouped by)\s/i)),
  );
  return {
    is: "figures",
    object: toPhrase(text, literals),
    names: names.length === 0 ? ["total"] : names,
    ...(column === undefined ? {} : { column }),
    ...(by === undefined ? {} : { by }),
  };
}

const noColumn = new Set(
  `a add added adding all also altogether and average by calculate cheapest column columns compute csv data did do does
  each every expensive figure figures file files find for from get give grouped highest how i in is it its largest
  biggest lowest max maximum mean me median min minimum most much my number numbers of our out per report row rows say
  show smallest sum sums table tell that the their them there these this those to together total totals up value values
  we were what which with work you spend spent pay paid on workspace`.split(/\s+/),
);

/** The first word that is neither about arithmetic nor a path. */
function columnIn(text: string): string | undefined {
  const words = text.split(/[\s,;?]+/).map((word) => word.replace(/[.:!]+$/, ""));
  return words.find(
    (word) => /^[\p{L}_-]{2,}$/u.test(word) && !isPathLike(word) && !noColumn.has(word.toLowerCase()),
  );
}

const numberWords = ["one", "two", "three", "four", "five", "six", "seven", "eight"];

function summary(text: string, literals: readonly string[]): Analysis | undefined {
  const isSummary =
    /\bsummar(?:y|ies|i[sz]e[sd]?|i[sz]ing)\b|\bsum up\b|\boverview\b|\bgist\b|\btl;?dr\b|\bdigest\b|\boutline\b|\b(?:key|main) points\b|\bin short\b/i;
  const isAbout =
    /^what(?:'s|’s| is| are)\b.*\babout\??$/i.test(text) && (hasPath(text) || /\bfiles?\b/i.test(text));
  if (!isSummary.test(text) && !isAbout) return undefined;
  return { is: "summary", object: toPhrase(text.replace(isSummary, " "), literals), ...parseStyle(text) };
}

/** How long a summary is to be, and whether in bullets. */
export function parseStyle(text: string): { sentences?: number; hasBullets?: boolean } {
  const [, number] =
    /\b(\d+|one|two|three|four|five|six|seven|eight|single)[- ](?:(?:main |key )?points?|sentences?|lines?|bullets?)\b/i.exec(
      text,
    ) ?? [];
  const word = number?.toLowerCase();
  const said = word === "single" ? 1 : word === undefined ? 0 : Number(word) || numberWords.indexOf(word) + 1;
  const hasBullets = /\bbullet(?:s|ed| points?)?\b|\b(?:key|main) points\b/i.test(text);
  const sentences = said > 0 ? said : lengthIn(text);
  return { ...(sentences === undefined ? {} : { sentences }), ...(hasBullets ? { hasBullets } : {}) };
}

function lengthIn(text: string): number | undefined {
  if (/\b(?:short|shorter|brief|briefer|concise|tl;?dr)\b/i.test(text)) return 1;
  return /\b(?:long|longer|detailed|thorough|more detail)\b/i.test(text) ? 6 : undefined;
}

function listing(text: string, literals: readonly string[]): Analysis | undefined {
  const object = toPhrase(text, literals);
  if (/^(?:ls|dir|tree)\b/i.test(text)) return { is: "listing", object: "every file" };
  const things = /\b(?:files?|folders?|director(?:y|ies)|contents?|workspace|documents?|everything)\b/i;
  if (/^(?:how many|count|the number of|number of)\b/i.test(text) && things.test(text)) {
    return { is: "listing", object, isCount: true };
  }
  if (/^(?:where(?:'s|’s| is| are)|locate|find)\b/i.test(text) && (hasPath(text) || things.test(text))) {
    return { is: "listing", object };
  }
  if (
    /^(?:is|are) there\b|^do (?:i|we) have\b|^does\b.*\bexist/i.test(text) &&
    (things.test(text) || hasPath(text))
  ) {
    return { is: "listing", object };
  }
  const asks = /^(?:list|show|what|which|display|see|give|tell|look at|the|a|an|all|every|names? of)\b/i.test(
    text,
  );
  const isList =
    /^(?:an? |the )?(?:list|listing|index|names?)\b(?:$| of\b.*\b(?:files?|folders?|documents?|everything|workspace|notes)\b)/i.test(
      text,
    );
  const inFolder =
    /^what(?:'s|’s| is| are)\b.*\b(?:in|inside|here)\b/i.test(text) &&
    !hasPath(text.replace(/\S+\/(?=[\s?]|$)/g, " "));
  if (!inFolder && !(asks && things.test(text)) && !isList) return undefined;
  if (!isList && /\b(?:texts?|contents?) of\b|\bsays?\b/i.test(text) && hasPath(text)) return undefined;
  return inFolder || things.test(text) || hasPath(text) || isList ? { is: "listing", object } : undefined;
}

function reading(text: string, literals: readonly string[]): Analysis | undefined {
  const object = toPhrase(text, literals);
  if (/^(?:read|re-read|cat|open|print|load|view)\b/i.test(text)) return { is: "text", object };
  // "Show me the ideas" may mean ideas.txt.
  if (/^(?:show|display)(?: me)? (?:the|my) [\w-]+\??$/i.test(text)) return { is: "text", object };
  const shows =
    /^(?:show|display|see|look at|give|tell|let me see|what(?:'s|’s| is| are| does| do)?|the|all|every)\b/i;
  const isText =
    hasPath(text) ||
    /\b(?:contents?|texts?) of\b/i.test(text) ||
    literalsIn(text, literals).some(isNamedPath);
  return shows.test(text) && isText ? { is: "text", object } : undefined;
}
