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

/**
 * Reads what stands between "write" and "to a.txt".
 *
 * @param text - With a token for every literal.
 */
export function parseContent(text: string, literals: readonly string[]): Content {
  const what = text.replace(/^(?:down|out|up)\s+/i, "").trim();
  const analysis = parseAnalysis(what, literals);
  if (analysis?.is === "hits") return { is: "analysis", analysis };
  const [literal, ...more] = literalsIn(what, literals).filter((one) => !isNamedPath(one));
  if (literal !== undefined) return { is: "literal", text: [literal, ...more].join("\n") };
  if (earlier.test(what)) return { is: "earlier", word: what };
  if (analysis !== undefined) return { is: "analysis", analysis };
  return spoken(what, literals) ?? bare(what, literals);
}

/** "with …", "containing …", "that says …". */
function spoken(what: string, literals: readonly string[]): Content | undefined {
  const pattern =
    /\b(?:with|containing|saying|reading|that says|which says|that reads)\s+(?:(?:the|only|just) (?:(?:text|content|contents|words?|line)\s+)?)?(.+)$/i;
  const [, said] = pattern.exec(what) ?? [];
  if (said === undefined) return undefined;
  if (/\blist\b/i.test(what.slice(0, what.length - said.length)) && /,| and /.test(said)) {
    const items = said.split(/,\s*(?:and\s+)?|\s+and\s+/).filter((item) => item !== "");
    return { is: "literal", text: `${items.map((item) => `- ${toPhrase(item, literals)}`).join("\n")}\n` };
  }
  return bare(said, literals);
}

function bare(what: string, literals: readonly string[]): Content {
  const words = what.replace(/^(?:an?|the|some|my|new|empty|blank|another)\s+/i, "").trim();
  if (/^(?:(?:new|empty|blank|text|markdown)\s+)*(?:file|document|note)?s?$/i.test(words))
    return { is: "literal", text: "" };
  if (/^(?:simple |short |friendly )?(?:hello|greeting)(?:[, ]+world)?(?: message)?!?$/i.test(words)) {
    return { is: "literal", text: /world/i.test(words) ? "Hello, world!\n" : "Hello!\n" };
  }
  const topic = toPhrase(what, literals);
  const isDescribed = /^(?:an?|the|some|my|your|our|another|\d+|two|three|four|five|ten)\s/i.test(what);
  if (composition.test(words) || isDescribed) return { is: "composition", topic };
  return { is: "literal", text: topic, assumption: `“${topic}” is what is to be written, word for word.` };
}
