import type { Analysis } from "./offline-analyses.ts";
import type { Content } from "./offline-content.ts";
import type { Intent } from "./offline-intents.ts";
import { joinRules, toRule } from "./offline-late-rules.ts";
import { thatFile } from "./offline-places.ts";
import { nameAnalysis, planAnalysis } from "./offline-plan-reads.ts";
import type { Planner, Product } from "./offline-planner.ts";
import { tellCannotCompose } from "./offline-words.ts";
import { joinPath, joinWords } from "./offline-workspace.ts";

type WriteIntent = Extract<Intent, { do: "write" }>;

/** Content as it goes into a step: pinned, or late with the steps it comes from. */
interface Planned {
  args: { content?: string };
  late?: Record<string, string>;
  needs: string[];
  name: string;
  why: string;
}

/** @returns a few words for the plan's title; undefined when nothing could be planned. */
export function planWrite(planner: Planner, intent: WriteIntent): string | undefined {
  const path = placeFor(planner, intent);
  if (path === undefined) {
    planner.fail(`I cannot tell which file “${intent.clause}” means.`);
    return undefined;
  }
  const content = planContent(planner, intent.content, path);
  if (content === undefined) return undefined;
  const isThere = planner.view().files.some((file) => file.path === path);
  const appends = intent.isAppend && isThere;
  if (intent.isAppend && !isThere) planner.assume(`${path} does not exist yet and will be made.`);
  if (isThere && !appends) planner.assume(`${path} exists and will be replaced.`);
  planner.ensureFolder(path);
  const { name, why, args, late, needs } = appends ? onOwnLine(content) : content;
  const verb = appends
    ? `Append ${name} to ${path}`
    : `${isThere ? "Replace" : "Write"} ${path}${name === "" ? "" : ` with ${name}`}`;
  const id = planner.add({
    title: verb,
    why,
    tool: appends ? "append_file" : isThere ? "replace_file" : "write_file",
    args: { path, ...args },
    ...(late ? { late } : {}),
    needs,
  });
  planner.mean([path]);
  if (id === undefined) return undefined;
  return appends
    ? `append ${name === "" ? "" : `${name} `}to ${path}`
    : `write ${name === "" ? "" : `${name} to `}${path}`;
}

function placeFor(planner: Planner, { path, content }: WriteIntent): string | undefined {
  if (path === thatFile) return planner.meant().one[0];
  if (path !== "" && !path.endsWith("/")) {
    const known = planner.view().files.find((file) => file.path.toLowerCase() === path.toLowerCase());
    return known?.path ?? path;
  }
  const name = content.is === "analysis" ? defaultNames[content.analysis.is] : "note.txt";
  const chosen = joinPath(path.replace(/\/$/, ""), name);
  planner.assume(`No name was given, so it goes into ${chosen}.`);
  return chosen;
}

const defaultNames: Record<Analysis["is"], string> = {
  summary: "summary.md",
  text: "texts.txt",
  counts: "counts.txt",
  hits: "hits.md",
  listing: "files.txt",
  figures: "figures.md",
  extreme: "longest.txt",
};

function planContent(planner: Planner, content: Content, path: string): Planned | undefined {
  switch (content.is) {
    case "literal": {
      if (content.assumption !== undefined) planner.assume(content.assumption);
      const name = content.text === "" ? "" : `“${shorten(content.text)}”`;
      return {
        args: { content: content.text },
        needs: [],
        name,
        why: content.text === "" ? "It starts out empty." : "This is the text that was given.",
      };
    }
    case "composition":
      planner.fail(tellCannotCompose(content.topic));
      return undefined;
    case "analysis": {
      const product = planAnalysis(planner, content.analysis, path);
      return product && lateFrom([product]);
    }
    case "earlier": {
      const products = findProducts(planner, content.word);
      if (products.length > 0) return lateFrom(products);
      return fromMeant(planner, content.word, path);
    }
  }
}

/** "It" with nothing found out yet: the text of the files spoken of. */
function fromMeant(planner: Planner, word: string, path: string): Planned | undefined {
  const { one, many } = planner.meant();
  const is = /summar/i.test(word) ? "summary" : "text";
  const isMeant =
    one.length + many.length > 0 &&
    !/result|hit|match|count|number|total|average|figure|answer|output|finding/i.test(word);
  const product = isMeant
    ? planAnalysis(planner, { is, object: many.length > 0 ? "them" : "it" }, path)
    : undefined;
  if (product === undefined) planner.fail(`I cannot tell what “${word}” is to be written to ${path}.`);
  return product && lateFrom([product]);
}

const productWords: [RegExp, Analysis["is"][]][] = [
  [/summar/i, ["summary"]],
  [/\bcounts?\b|\bnumbers?\b/i, ["counts", "hits", "figures", "listing"]],
  [/\bhits?\b|match|\blines?\b|finding/i, ["hits"]],
  [/total|sum\b|sums\b|average|figures/i, ["figures", "counts"]],
  [/list|names|paths/i, ["listing", "hits"]],
  [/texts?\b|contents?\b/i, ["text"]],
];

/** The products that "the counts" or "it" mean: the latest of that kind, or with "both" and "all" every one. */
function findProducts({ products }: Planner, word: string): Product[] {
  const usable = products.filter(({ ids }) => ids.length > 0);
  const kinds = productWords.find(([pattern]) => pattern.test(word))?.[1];
  const fitting = kinds === undefined ? usable : usable.filter(({ analysis }) => kinds.includes(analysis.is));
  if (/^(?:all|both|everything|the results|them|these|those)\b/i.test(word)) {
    // What was only read is a means to the rest.
    const telling = fitting.filter(({ analysis }) => analysis.is !== "text");
    if (telling.length > 0) return telling;
  }
  const last = fitting.at(-1);
  return last === undefined ? [] : [last];
}

function lateFrom(products: readonly Product[]): Planned {
  return {
    args: {},
    late: { content: joinRules(products.map(({ analysis, ids }) => toRule(analysis, ids))) },
    needs: products.flatMap(({ ids }) => ids),
    name: joinWords(products.map(({ analysis, files }) => nameAnalysis(analysis, files))),
    why: "It is written from what the steps before found.",
  };
}

/** The tool begins a new line when the file does not end with one; the text ends its own. */
function onOwnLine(content: Planned): Planned {
  const text = content.args.content;
  if (text === undefined || text === "") return content;
  const why = "It goes to the end, on a line of its own.";
  return { ...content, args: { content: text.endsWith("\n") ? text : `${text}\n` }, why };
}

function shorten(text: string): string {
  const line = text.trim().replace(/\s+/g, " ");
  return line.length <= 40 ? line : `${line.slice(0, 39).trimEnd()}…`;
}
