import { type Analysis, parseAnalysis } from "./offline-analyses.ts";
import { isNamedPath, literalsIn, toPhrase } from "./offline-language.ts";

/** What is to be written, as far as the words tell. */
export type Content =
  | { is: "literal"; text: string; assumption?: string }
  | { is: "analysis"; analysis: Analysis }
  /** What an earlier part of the request finds out: "the counts", "it". */
  | { is: "earlier"; word: string }
  /** It would have to be composed. */
  | { is: "composition"; topic: string };

const earlier =
  /^(?:(?:all |both )?(?:it|them|that|this|those|these|everything)|(?:all |both )?(?:the|these|those|its|their|your|my)? ?(?:[a-z]+ )?(?:results?|hits?|matches|counts?|numbers?|totals?|sums?|averages?|figures|summar(?:y|ies)|lists?|listing|names|paths|answers?|output|findings?|lines|table|text|contents?))$/i;

const composition =
  /\b(?:haikus?|poems?|stor(?:y|ies)|essays?|letters?|e-?mails?|songs?|lyrics|jokes?|articles?|reports?|blog|posts?|scripts?|programs?|functions?|code|recipes?|speech|descriptions?|introductions?|limericks?|sonnets?|verses?|paragraphs?|reviews?|tutorials?|guides?|proposals?|agendas?|slogans?|tweets?|press release|readme|something|ideas?|questions?|answers? to)\b/i;

/** Whether a topic names a kind of text. */
export function isComposable(topic: string): boolean {
  return composition.test(topic);
}

const nothing = /^(?:(?:an?|the|new|empty|blank|text|markdown)\s+)*(?:(?:file|document|note)s?)?$/i;

/** "a file with …", "a line saying …": what follows is the content. */
const described =
  /^(?:an?\s+|the\s+)?(?:new\s+)?(?:(?:text\s+|markdown\s+)?(?:file|document)|note|line|message|text|entry|item)?\s*(?:with|containing|saying|reading|that says|which says|that reads)\s+(?:(?:the|only|just)\s+(?:text|content|contents|words?|line)s?\s+)?(.+)$/i;

/**
 * Reads what stands between "write" and "to a.txt".
 *
 * @param text - With a token for every literal.
 */
export function parseContent(text: string, literals: readonly string[]): Content {
  const what = text.replace(/^(?:down|out|up)\s+/i, "").trim();
  if (nothing.test(what)) return { is: "literal", text: "" };
  const [, rest] = described.exec(what) ?? [];
  if (rest !== undefined) return parseContent(rest, literals);
  const analysis = parseAnalysis(what, literals);
  if (analysis?.is === "hits") return { is: "analysis", analysis };
  const [literal, ...more] = literalsIn(what, literals).filter((one) => !isNamedPath(one));
  if (literal !== undefined) return { is: "literal", text: [literal, ...more].join("\n") };
  if (earlier.test(what)) return { is: "earlier", word: what };
  if (analysis !== undefined) return { is: "analysis", analysis };
  return bare(what, literals);
}

function bare(what: string, literals: readonly string[]): Content {
  // What looked like a path is the content after all, when the place was found elsewhere.
  const [given] = literalsIn(what, literals);
  if (given !== undefined) return { is: "literal", text: given };
  const topic = toPhrase(what, literals);
  const [, items] = /^(?:an?\s+|the\s+|my\s+)?(?:[\w-]+\s+)?list\s+(?:of|with)\s+(.+)$/i.exec(what) ?? [];
  if (items !== undefined && /,| and /.test(items)) {
    const lines = items.split(/,\s*(?:and\s+)?|\s+and\s+/).filter((item) => item !== "");
    return { is: "literal", text: `${lines.map((item) => `- ${toPhrase(item, literals)}`).join("\n")}\n` };
  }
  if (
    /^(?:an?|some)\s+(?:simple |short |friendly )?(?:hello|greeting)(?:[, ]+world)?(?: message)?!?$/i.test(
      what,
    )
  ) {
    return { is: "literal", text: /world/i.test(what) ? "Hello, world!\n" : "Hello!\n" };
  }
  const isDescribed = /^(?:an?|the|some|my|your|our|another|\d+|two|three|four|five|ten)\s/i.test(what);
  if (composition.test(what) || isDescribed) return { is: "composition", topic };
  return { is: "literal", text: topic, assumption: `“${topic}” is what is to be written, word for word.` };
}
