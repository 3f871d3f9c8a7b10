import type { Analysis } from "./offline-analyses.ts";
import { tellMissing } from "./offline-plan-select.ts";
import { listEverything, type NewStep, type Planner, type Product } from "./offline-planner.ts";
import type { Selection } from "./offline-targets.ts";
import { isTextName, joinWords } from "./offline-workspace.ts";

/** More files than that are not planned one by one; the agent takes at most 200 steps. */
const mostFiles = 150;
/** What `read_file` returns at most. */
const mostBytes = 1_048_576;

/**
 * The files that an analysis is about. What cannot be read as text is left out and said; when nothing is left,
 * that is said as well, and undefined returned.
 *
 * @param without - The file that the answer is written to.
 */
export function filesFor(planner: Planner, analysis: Analysis, without?: string): Selection | undefined {
  const told = planner.problems.length;
  const selection = planner.select(withDefault(planner, analysis));
  for (const name of selection.missing) planner.fail(tellMissing(planner, name));
  const isWritten = without !== undefined && selection.files.includes(without) && selection.files.length > 1;
  if (isWritten) planner.assume(`${without} itself is left out: it is what gets written.`);
  const files = selection.files.filter((path) => !(isWritten && path === without));
  const texts = analysis.is === "listing" ? files : files.filter(isTextName);
  const others = files.filter((path) => !texts.includes(path));
  if (others.length > 0)
    planner.assume(`${joinWords(others)} ${others.length === 1 ? "is" : "are"} left out: not text.`);
  const sizes = new Map(planner.view().files.map(({ path, bytes }) => [path, bytes ?? 0]));
  const isReadable = (path: string) => analysis.is === "listing" || (sizes.get(path) ?? 0) <= mostBytes;
  const large = texts.filter((path) => !isReadable(path));
  if (large.length > 0)
    planner.assume(`${joinWords(large)} ${large.length === 1 ? "is" : "are"} left out: over 1 MiB.`);
  const chosen = texts.filter(isReadable).slice(0, mostFiles);
  if (chosen.length < texts.length - large.length)
    planner.assume(`Only the first ${mostFiles} of ${texts.length} files are taken.`);
  planner.mean(chosen);
  const isExplained =
    selection.missing.length > 0 || analysis.is === "listing" || planner.problems.length > told;
  if (chosen.length === 0 && !isExplained) planner.fail(tellNone(selection));
  return chosen.length === 0 && analysis.is !== "listing" ? undefined : { ...selection, files: chosen };
}

/** "Which is the longest?" and "find TODO" mean what was spoken of before, or everything. */
function withDefault(planner: Planner, analysis: Analysis): string {
  if (planner.select(analysis.object).what !== "no file") return analysis.object;
  if (analysis.is === "extreme" && planner.meant().many.length > 0) return "all of them";
  if (analysis.is === "figures") {
    const tables = planner.view().files.filter(({ path }) => /\.(?:csv|tsv)$/i.test(path));
    if (tables.length === 1 && tables[0]) {
      planner.assume(`${tables[0].path} is meant: it is the only table.`);
      return `“${tables[0].path}”`;
    }
    if (tables.length > 1 && planner.meant().one.length === 0) {
      planner.fail(`There are several tables: ${joinWords(tables.map(({ path }) => path))}. Name one.`);
      return analysis.object;
    }
  }
  const isWide = analysis.is === "hits" || analysis.is === "extreme" || analysis.is === "listing";
  const { one, many } = planner.meant();
  if (isWide) return "every file";
  return many.length > 0 ? "them" : one.length > 0 ? "it" : analysis.object;
}

function tellNone({ what }: Selection): string {
  return what === "no file" || what === ""
    ? "I cannot tell which files are meant."
    : `There is no file to take for “${what}”.`;
}

/** The read-only calls that an analysis of these files needs. */
export function callsFor(analysis: Analysis, { files, isAll, folder }: Selection): NewStep[] {
  switch (analysis.is) {
    case "listing":
      return [listing];
    case "text":
    case "summary":
    case "figures":
      return files.map((path) => reading(path, analysis));
    case "counts":
      return files.map(counting);
    case "extreme":
      return analysis.unit === "bytes" ? [listing] : files.map(counting);
    case "hits": {
      if (isAll) return [searching(analysis.query)];
      return folder === undefined
        ? files.map((path) => searching(analysis.query, path))
        : [searching(analysis.query, folder)];
    }
  }
}

const listing: NewStep = {
  title: "List all files",
  why: "Shows which files there are, and how long they are.",
  tool: "list_files",
  args: listEverything,
};

function reading(path: string, { is }: Analysis): NewStep {
  const why =
    is === "summary"
      ? "Its text is summed up."
      : is === "figures"
        ? "Its numbers are needed."
        : "Its text is needed.";
  return { title: `Read ${path}`, why, tool: "read_file", args: { path } };
}

function counting(path: string): NewStep {
  return {
    title: `Count ${path}`,
    why: "Counts its lines, words and characters.",
    tool: "count_text",
    args: { path },
  };
}

function searching(query: string, path?: string): NewStep {
  const where = path === undefined ? "all files" : path;
  return {
    title: `Search for “${query}” in ${where}`,
    why: "Finds every line that has it.",
    tool: "search_text",
    args: { query, ...(path === undefined ? {} : { path }) },
  };
}

/** Plans what an analysis needs and remembers it for "the counts" and "it". */
export function planAnalysis(planner: Planner, analysis: Analysis, without?: string): Product | undefined {
  const selection = filesFor(planner, analysis, without);
  if (selection === undefined) return undefined;
  // What was listed to make the plan answers it; the closing summary says so.
  const needsSteps = !(analysis.is === "extreme" && analysis.unit === "bytes" && without === undefined);
  const calls = needsSteps ? callsFor(analysis, selection) : [];
  const ids = calls.map((step) => planner.addReading(step)).filter((id) => id !== undefined);
  const settled = { ...analysis, object: settle(analysis, selection) };
  const product: Product = {
    analysis: settled,
    ids: [...new Set(ids)],
    files: selection.files,
    isAsked: without === undefined,
  };
  planner.products.push(product);
  return needsSteps && ids.length === 0 ? undefined : product;
}

/** The object by name, so that it means the same when the plan has run; long lists stay words. */
export function settle(analysis: Analysis, { files, isAll, what }: Selection): string {
  if (analysis.is === "listing")
    return isAll || what === "no file"
      ? "every file"
      : analysis.object.replace(/^(?:an? |the )?(?:list|listing|names?|number|count)(?: of)?\b\s*/i, "");
  return isAll && analysis.is !== "extreme" ? "every file" : files.map((path) => `“${path}”`).join(" ");
}

/** For titles: `the words of every file`. */
export function nameAnalysis(analysis: Analysis, files: readonly string[]): string {
  const what = files.length === 1 ? (files[0] ?? "") : "each file";
  switch (analysis.is) {
    case "summary":
      return `a summary of ${what}`;
    case "text":
      return `the text of ${what}`;
    case "counts":
      return `the ${joinWords(analysis.units)} of ${what}`;
    case "hits":
      return `the hits for “${analysis.query}”`;
    case "listing":
      return analysis.isCount ? "the number of files" : "the list of files";
    case "figures":
      return `the ${joinWords(analysis.names)} of ${what}`;
    case "extreme":
      return `the ${analysis.isMost ? "longest" : "shortest"} file`;
  }
}
