import { summarize } from "./extract.ts";
import { tellFigures } from "./figures.ts";
import type { Analysis, CountUnit } from "./offline-analyses.ts";
import { type Hit, parseHits } from "./offline-planner.ts";
import { selectFiles } from "./offline-targets.ts";
import { emptyWorkspace, isHidden, parseListing, plural, type Workspace } from "./offline-workspace.ts";

/** What a reading tool put out, or why it did not. */
export interface Output {
  tool: string;
  args: Record<string, unknown>;
  output: string;
  error?: string | undefined;
}

/** How it is written down: for a chat or a `.md` file, for a plain text, or as rows. */
export type Form = "markdown" | "plain" | "csv";

/** The answer to an analysis, from what the tools put out and nothing else. */
export function tell(analysis: Analysis, outputs: readonly Output[], form: Form): string {
  switch (analysis.is) {
    case "listing":
      return tellListing(analysis, outputs, form);
    case "text":
      return tellTexts(outputs, form);
    case "summary":
      return tellSummaries(analysis, outputs, form);
    case "counts":
      return tellCounts(analysis.units, outputs, form);
    case "hits":
      return tellHits(analysis, outputs, form);
    case "figures":
      return readOutputs(outputs)
        .map(({ path, text }) => plainIf(form, tellFigures(path, text, analysis)))
        .join("\n\n");
    case "extreme":
      return tellExtreme(analysis, outputs, form);
  }
}

function plainIf(form: Form, markdown: string): string {
  return form === "markdown" ? markdown : markdown.replaceAll("**", "");
}

function readOutputs(outputs: readonly Output[]): { path: string; text: string }[] {
  return outputs
    .filter(({ tool, error }) => tool === "read_file" && error === undefined)
    .map(({ args, output }) => ({ path: String(args.path ?? ""), text: output }));
}

function workspaceOf(outputs: readonly Output[]): Workspace {
  const listed = outputs.filter(({ tool }) => tool === "list_files" || tool === "find_files");
  const parsed = listed.map(({ output }) => parseListing(output));
  if (parsed.length === 0) return emptyWorkspace;
  return {
    files: parsed.flatMap(({ files }) => files),
    folders: parsed.flatMap(({ folders }) => folders),
    isCut: parsed.some(({ isCut }) => isCut),
  };
}

function tellListing(
  analysis: Extract<Analysis, { is: "listing" }>,
  outputs: readonly Output[],
  form: Form,
): string {
  const workspace = workspaceOf(outputs);
  const chosen = selectFiles(analysis.object, { ...workspace, one: [], many: [] });
  const paths =
    chosen.files.length === 0 && chosen.missing.length === 0 && chosen.what === "no file"
      ? visible(workspace)
      : chosen.files;
  const files = workspace.files.filter(({ path }) => paths.includes(path));
  if (form === "csv")
    return toCsv(
      ["path", "bytes"],
      files.map(({ path, bytes = 0 }) => [path, bytes]),
    );
  if (analysis.isCount && form === "plain") return plural(files.length, "file");
  const lines = files.map(({ path, bytes = 0 }) => `- ${path} (${plural(bytes, "byte")})`);
  if (form === "plain") return lines.map((line) => line.slice(2)).join("\n");
  const missing = chosen.missing.map((name) => `There is no ${name}.`).join(" ");
  if (files.length === 0) return missing || "There are no such files.";
  const total = files.reduce((sum, { bytes = 0 }) => sum + bytes, 0);
  const folders =
    /\bfolders?|director/i.test(analysis.object) && chosen.folder === undefined ? tellFolders(workspace) : "";
  const cut = workspace.isCut ? "\n\nThe listing was cut: there are more." : "";
  if (analysis.isCount)
    return `There ${files.length === 1 ? "is" : "are"} **${plural(files.length, "file")}**, ${plural(total, "byte")} in all.${folders}${cut}`;
  return `${plural(files.length, "file")}, ${plural(total, "byte")} in all:\n\n${lines.join("\n")}${folders}${missing ? `\n\n${missing}` : ""}${cut}`;
}

function visible({ files }: Workspace): string[] {
  return files.map(({ path }) => path).filter((path) => !isHidden(path));
}

function tellFolders({ folders }: Workspace): string {
  return folders.length === 0 ? "\n\nThere are no folders." : `\n\nFolders: ${folders.join(", ")}`;
}

function tellTexts(outputs: readonly Output[], form: Form): string {
  const texts = readOutputs(outputs);
  if (form !== "markdown") {
    const [only] = texts;
    if (texts.length === 1 && only) return only.text;
    return texts.map(({ path, text }) => `${path}\n\n${text.trimEnd()}`).join("\n\n");
  }
  return texts.map(({ path, text }) => `**${path}**\n\n${fence(text)}`).join("\n\n");
}

function fence(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((ticks) => ticks.length));
  const ticks = "`".repeat(longest + 1);
  return `${ticks}\n${text.trimEnd()}\n${ticks}`;
}

function tellSummaries(
  { sentences, hasBullets }: Extract<Analysis, { is: "summary" }>,
  outputs: readonly Output[],
  form: Form,
): string {
  const parts = readOutputs(outputs).map(({ path, text }) => {
    const heading = form === "markdown" ? `## ${path}` : path;
    return `${heading}\n\n${summarize(path, text, { sentences, hasBullets })}`;
  });
  return parts.join("\n\n");
}

interface Counted extends Record<CountUnit, number> {
  path: string;
}

/** Reads `path: 3 lines, 12 words, 70 characters, 71 bytes`; counts itself where a file was read instead. */
function parseCounts({ tool, args, output }: Output): Counted | undefined {
  if (tool === "read_file") return countText(String(args.path ?? ""), output);
  const pattern = /^(.+): ([\d,]+) lines?, ([\d,]+) words?, ([\d,]+) characters?, ([\d,]+) bytes?/m;
  const [, path, ...numbers] = pattern.exec(output) ?? [];
  const [lines = 0, words = 0, characters = 0, bytes = 0] = numbers.map((number) =>
    Number(number.replaceAll(",", "")),
  );
  return path === undefined ? undefined : { path, lines, words, characters, bytes };
}

function countText(path: string, output: string): Counted {
  return {
    path,
    lines: output === "" ? 0 : output.replace(/\n$/, "").split("\n").length,
    words: output.match(/\S+/g)?.length ?? 0,
    characters: [...output].length,
    bytes: Buffer.byteLength(output),
  };
}

function tellCounts(units: readonly CountUnit[], outputs: readonly Output[], form: Form): string {
  const counted = countsIn(outputs);
  if (counted.length === 0) return "Nothing was counted.";
  const rows = counted.map((one) => [one.path, ...units.map((unit) => one[unit])]);
  const totals = units.map((unit) => counted.reduce((sum, one) => sum + one[unit], 0));
  if (form === "csv") return toCsv(["path", ...units], [...rows, ["total", ...totals]]);
  const inWords = (numbers: readonly (string | number)[]) =>
    units.map((unit, index) => plural(Number(numbers[index]), unit.slice(0, -1))).join(", ");
  const [only] = counted;
  if (form === "plain") {
    const lines = rows.map(([path, ...numbers]) => `${path}: ${inWords(numbers)}`);
    return [...lines, `total: ${inWords(totals)}`].join("\n");
  }
  if (counted.length === 1 && only)
    return `**${only.path}** has ${inWords(units.map((unit) => only[unit]))}.`;
  return toMarkdownTable(["file", ...units], [...rows, ["**total**", ...totals]]);
}

export function countsIn(outputs: readonly Output[]): Counted[] {
  const usable = outputs.filter(
    ({ tool, error }) => (tool === "count_text" || tool === "read_file") && error === undefined,
  );
  return usable.map(parseCounts).filter((one) => one !== undefined);
}

function tellHits(
  { query, wants }: Extract<Analysis, { is: "hits" }>,
  outputs: readonly Output[],
  form: Form,
): string {
  const searched = outputs.filter(({ tool, error }) => tool === "search_text" && error === undefined);
  const hits = searched.flatMap(({ output }) => parseHits(output));
  const files = [...new Set(hits.map(({ path }) => path))];
  if (form === "csv")
    return toCsv(
      ["path", "line", "text"],
      hits.map(({ path, line, text }) => [path, line, text]),
    );
  // The tool says in parentheses when it did not search everything.
  const notes = searched.flatMap(({ output }) => output.match(/^\(.*\)$/gm) ?? []);
  const note = notes.length === 0 ? "" : `\n\n${[...new Set(notes)].join("\n")}`;
  return tellFound({ hits, files, query, wants }, form) + note;
}

interface Found {
  hits: readonly Hit[];
  files: readonly string[];
  query: string;
  wants: "lines" | "files" | "number";
}

function tellFound({ hits, files, query, wants }: Found, form: Form): string {
  if (hits.length === 0) return `“${query}” was not found.`;
  if (wants === "number")
    return `“${query}” is in ${plural(hits.length, "line")} of ${plural(files.length, "file")}.`;
  if (wants === "files") {
    const lines = files.map(
      (path) => `${path} (${plural(hits.filter((hit) => hit.path === path).length, "line")})`,
    );
    if (form === "plain") return lines.join("\n");
    return `${plural(files.length, "file")} with “${query}”:\n\n${lines.map((line) => `- ${line}`).join("\n")}`;
  }
  if (form === "plain") return hits.map(({ path, line, text }) => `${path}:${line}: ${text}`).join("\n");
  const lines = hits.map((hit) => `- ${toCode(hit)} ${hit.text}`);
  return `${plural(hits.length, "line")} with “${query}”:\n\n${lines.join("\n")}`;
}

function toCode({ path, line }: Hit): string {
  return `\`${path}:${line}\``;
}

function tellExtreme(
  { object, isMost, unit }: Extract<Analysis, { is: "extreme" }>,
  outputs: readonly Output[],
  form: Form,
): string {
  const listed = unit === "bytes" ? sizesIn(object, outputs) : [];
  const counted =
    listed.length > 0 ? listed : countsIn(outputs).map((one) => ({ path: one.path, size: one[unit] }));
  const sorted = counted.sort(
    (a, b) => (isMost ? b.size - a.size : a.size - b.size) || (a.path < b.path ? -1 : 1),
  );
  const [first, second] = sorted;
  if (first === undefined) return "There is nothing to compare.";
  const name = unit.slice(0, -1);
  const ties = sorted.filter(({ size }) => size === first.size);
  if (ties.length > 1)
    return `${ties.map(({ path }) => path).join(" and ")} are equally long, with ${plural(first.size, name)} each.`;
  const next = second === undefined ? "" : `; next is ${second.path} with ${plural(second.size, name)}`;
  return plainIf(
    form,
    `The ${isMost ? "longest" : "shortest"} file is **${first.path}** with ${plural(first.size, name)}${next}.`,
  );
}

function sizesIn(object: string, outputs: readonly Output[]): { path: string; size: number }[] {
  const workspace = workspaceOf(outputs);
  const chosen = selectFiles(object, { ...workspace, one: [], many: [] });
  const paths = chosen.files.length > 0 ? chosen.files : visible(workspace);
  return workspace.files
    .filter(({ path, bytes }) => paths.includes(path) && bytes !== undefined)
    .map(({ path, bytes = 0 }) => ({ path, size: bytes }));
}

function toCsv(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const toCell = (cell: string | number) =>
    /[",\n]/.test(String(cell)) ? `"${String(cell).replaceAll('"', '""')}"` : String(cell);
  return [header, ...rows].map((row) => row.map(toCell).join(",")).join("\n");
}

function toMarkdownTable(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const toRow = (row: readonly (string | number)[]) =>
    `| ${row.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    toRow(header),
    `|---|${header
      .slice(1)
      .map(() => "---:|")
      .join("")}`,
    ...rows.map(toRow),
  ].join("\n");
}
