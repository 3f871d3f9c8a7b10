import { isRecord, type JsonRecord, stringsOf, textOf } from "./json.ts";

/** Something that a message cites. */
export interface Source {
  title: string | null;
  url: string | null;
  /** What it says there. */
  quote: string | null;
}

/** What an annotation of a block of text cites, whichever provider wrote it; null when it cites nothing. */
export function toSource(annotation: unknown): Source | null {
  if (typeof annotation === "string") return { title: null, url: safeUrl(annotation), quote: null };
  if (!isRecord(annotation)) return null;
  const inner = [annotation.url_citation, annotation.file_citation, annotation.value].find(isRecord);
  const part: JsonRecord = { ...annotation, ...inner };
  const titles = [part.title, part.document_title, part.documentTitle, part.filename, part.source];
  const title = titles.map(textOf).find((one) => one !== null) ?? null;
  const quote = [part.citedText, part.cited_text, part.quote].map(textOf).find((one) => one !== null) ?? null;
  const url = safeUrl([part.url, part.uri].map(textOf).find((one) => one !== null) ?? null);
  return title === null && quote === null && url === null ? null : { title, url, quote };
}

/** Only places that a page may lead to. */
function safeUrl(url: string | null): string | null {
  return url !== null && /^https?:\/\//i.test(url) ? url : null;
}

/** The sources of a message, each once, in the order in which they are cited. */
export class Sources {
  readonly list: Source[] = [];

  /** The number that it is cited by, from 1. */
  add(source: Source): number {
    const same = (one: Source) =>
      source.url === null ? one.url === null && one.title === source.title : one.url === source.url;
    const at = this.list.findIndex(same);
    const known = this.list[at];
    if (known === undefined) return this.list.push(source);
    this.list[at] = { ...known, title: known.title ?? source.title, quote: known.quote ?? source.quote };
    return at + 1;
  }
}

/** A block of text as Markdown, with the numbers of its sources where it cites them. */
export function withMarks(text: string, annotations: readonly unknown[], sources: Sources): string {
  const marks = annotations.flatMap((annotation) => {
    const source = toSource(annotation);
    if (source === null) return [];
    const number = sources.add(source);
    return [{ at: endOf(annotation, text.length), mark: markOf(number, source.url) }];
  });
  // From the end, so that the places before stay where they are; what is cited first comes first at one place.
  let marked = text;
  for (const { at, mark } of marks.reverse().sort((one, other) => other.at - one.at)) {
    if (marked.slice(at).startsWith(mark)) continue;
    marked = `${marked.slice(0, at)}${mark}${marked.slice(at)}`;
  }
  return marked;
}

function markOf(number: number, url: string | null): string {
  return url === null ? ` [${number}]` : ` [[${number}]](<${url.replace(/[<>\s]/g, encodeURIComponent)}>)`;
}

function endOf(annotation: unknown, length: number): number {
  if (!isRecord(annotation)) return length;
  const inner = isRecord(annotation.url_citation) ? annotation.url_citation : annotation;
  const end = inner.endIndex ?? inner.end_index;
  return typeof end === "number" && end > 0 && end <= length ? end : length;
}

/** Sources that a provider lists beside the message: addresses, whose numbers are in the text already. */
export function listedSources(fields: unknown): Source[] {
  if (!isRecord(fields)) return [];
  return stringsOf(fields.citations).flatMap((url) => toSource(url) ?? []);
}
