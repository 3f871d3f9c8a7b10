import type { StepResult, Turn } from "./offline-conversation.ts";
import { callKey } from "./offline-conversation.ts";
import { type Intent, parseIntents } from "./offline-intents.ts";
import { stepsNamedIn } from "./offline-late-rules.ts";
import { planIntents } from "./offline-plan.ts";
import { createPlanner, listEverything, type Product } from "./offline-planner.ts";
import { countsIn, type Output, tell } from "./offline-products.ts";
import { isReading } from "./offline-steps.ts";
import { tellSum } from "./offline-words.ts";
import { emptyWorkspace, parseListing, plural } from "./offline-workspace.ts";

/** A plan's outcome: how many steps were done, the answers, what changed, what did not happen and why. */
export function tellResults(turn: Turn, results: readonly StepResult[]): string {
  const done = results.filter(({ status }) => status === "done");
  const parts = [
    tellHowMany(results, done),
    ...tellAnswers(turn, done),
    tellChanges(done),
    tellNotDone(results),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function tellHowMany(results: readonly StepResult[], done: readonly StepResult[]): string {
  if (results.length === 0) return "No step was run.";
  if (done.length === results.length)
    return done.length === 1 ? "The step was done." : `All ${done.length} steps were done.`;
  if (done.length === 0 && results.length === 1) return "The step was not done.";
  if (done.length === 0) return `None of the ${results.length} steps was done.`;
  return `${done.length} of ${results.length} steps were done.`;
}

function tellChanges(done: readonly StepResult[]): string {
  const changes = done.filter(({ tool }) => !isReading(tool)).map((result) => `- ${tellChange(result)}`);
  const looked = done.length - changes.length;
  const reading = looked === 0 ? "" : changes.length === 0 ? "Nothing was changed." : "";
  return changes.length === 0 ? reading : changes.join("\n");
}

const verbs: Record<string, string> = {
  write_file: "Wrote",
  replace_file: "Replaced",
  append_file: "Appended to",
  delete_file: "Deleted",
  make_directory: "Made the folder",
  copy_file: "Copied",
  move_file: "Moved",
};

function tellChange({ tool, title, args, filled }: StepResult): string {
  const verb = verbs[tool];
  if (verb === undefined) return title;
  if (tool === "copy_file" || tool === "move_file")
    return `${verb} ${String(args.from)} to ${String(args.to)}`;
  const content = filled.content ?? args.content;
  const size = typeof content === "string" ? ` (${plural(lengthOf(content), "character")})` : "";
  return `${verb} ${String(args.path)}${size}`;
}

/** The agent cuts long content and says how long it was. */
const cutMark = /\n\[cut: (\d+) characters in all\]$/;

function lengthOf(content: string): number {
  const [, whole] = cutMark.exec(content) ?? [];
  return whole === undefined ? content.length : Number(whole);
}

function tellNotDone(results: readonly StepResult[]): string {
  const lines = results
    .filter(({ status }) => status !== "done")
    .map(({ step, title, status, error }) => `- ${step} (${title}): ${status}${error ? `: ${error}` : ""}`);
  return lines.length === 0 ? "" : `**Not done:**\n\n${lines.join("\n")}`;
}

/** What the person wanted to know, from the outputs of steps that were done. */
function tellAnswers(turn: Turn, done: readonly StepResult[]): string[] {
  const outputs: Output[] = done.map(({ tool, args, output = "" }) => ({ tool, args, output }));
  const intents = parseIntents(turn.request);
  const told = intents.filter((intent) => intent.do === "sum").map(tellSum);
  const covered = new Set<string>();
  for (const product of productsOf(turn, intents)) {
    const { analysis, files, isAsked } = product;
    const fitting = fittingOutputs(product, outputs);
    for (const output of fitting) covered.add(callKey(output.tool, output.args));
    const isTelling = ["counts", "hits", "figures", "extreme"].includes(analysis.is);
    const isMeans = !isTelling && isUsed(turn, fitting, done);
    if (!isTelling && (!isAsked || isMeans || (analysis.is === "text" && files.length > 3))) continue;
    const usable = analysis.is === "extreme" ? [...fitting, ...listingOf(turn, fitting)] : fitting;
    const narrowed =
      analysis.is === "extreme" ? { ...analysis, object: narrow(files, done) ?? analysis.object } : analysis;
    if (usable.length > 0) told.push(withCutNote(tell(narrowed, usable, "markdown"), usable));
  }
  return [...told, ...tellUncovered(outputs.filter(({ tool, args }) => !covered.has(callKey(tool, args))))];
}

/** The request planned once more, to know what it asks of which files. */
function productsOf(turn: Turn, intents: readonly Intent[]): Product[] {
  const listing = turn.readings.get(callKey("list_files", listEverything));
  const workspace = listing?.state === "done" ? parseListing(listing.text) : emptyWorkspace;
  const planner = createPlanner({
    workspace,
    isBlind: listing?.state !== "done",
    offered: new Set(["list_files", "read_file", "search_text", "count_text", ...Object.keys(verbs)]),
    ask: (tool, args) => turn.readings.get(callKey(tool, args)) ?? { state: "unavailable" },
    one: turn.mentioned.slice(0, 1),
  });
  planIntents(planner, intents);
  return planner.products;
}

function fittingOutputs({ analysis, files }: Product, outputs: readonly Output[]): Output[] {
  const isOfFile = ({ args }: Output) => typeof args.path !== "string" || files.includes(args.path);
  switch (analysis.is) {
    case "listing":
      return outputs.filter(({ tool }) => tool === "list_files" || tool === "find_files");
    case "hits":
      return outputs.filter(({ tool, args }) => tool === "search_text" && args.query === analysis.query);
    case "counts":
      return outputs.filter((output) => output.tool === "count_text" && isOfFile(output));
    case "extreme":
      return outputs.filter((output) =>
        analysis.unit === "bytes"
          ? output.tool === "list_files"
          : output.tool === "count_text" && isOfFile(output),
      );
    default:
      return outputs.filter((output) => output.tool === "read_file" && isOfFile(output));
  }
}

/** Of the files meant, those that the plan took in the end, as feedback may have left some out. */
function narrow(files: readonly string[], done: readonly StepResult[]): string | undefined {
  const taken = new Set(done.filter(({ tool }) => isReading(tool)).map(({ args }) => args.path));
  const left = files.filter((path) => taken.has(path));
  return left.length === 0 ? undefined : left.map((path) => `“${path}”`).join(" ");
}

/** Sizes come from the listing that the plan was made from, unless the plan listed again. */
function listingOf(turn: Turn, fitting: readonly Output[]): Output[] {
  const listing = turn.readings.get(callKey("list_files", listEverything));
  if (fitting.length > 0 || listing?.state !== "done") return [];
  return [{ tool: "list_files", args: listEverything, output: listing.text }];
}

/** Whether late content was written from these outputs, so that they need not be shown again. */
function isUsed({ proposal }: Turn, outputs: readonly Output[], done: readonly StepResult[]): boolean {
  const ids = done.map(({ step }) => step);
  const rules = (proposal?.steps ?? []).flatMap(({ late = {} }) => Object.values(late));
  const used = new Set(rules.flatMap((rule) => stepsNamedIn(rule, ids)));
  return done.some(
    ({ step, tool, args }) =>
      used.has(step) && outputs.some((output) => callKey(output.tool, output.args) === callKey(tool, args)),
  );
}

function withCutNote(text: string, outputs: readonly Output[]): string {
  const cut = outputs.filter(({ tool, output }) => tool === "read_file" && cutMark.test(output));
  const names = cut.map(({ args }) => String(args.path)).join(", ");
  return cut.length === 0
    ? text
    : `${text}\n\n_Only the beginning of ${names} is in the results, so this is not the whole._`;
}

/** Counts and hits of steps that came in by feedback or by a person's edit. */
function tellUncovered(outputs: readonly Output[]): string[] {
  const counted = outputs.filter(({ tool }) => tool === "count_text");
  const searched = outputs.filter(({ tool }) => tool === "search_text");
  const counts =
    countsIn(counted).length > 0
      ? [tell({ is: "counts", object: "", units: ["lines", "words", "characters"] }, counted, "markdown")]
      : [];
  const hits = searched.map((output) =>
    tell(
      { is: "hits", object: "", query: String(output.args.query ?? ""), wants: "lines" },
      [output],
      "markdown",
    ),
  );
  return [...counts, ...hits];
}
