import type { Analysis } from "./offline-analyses.ts";
import { isObject, parseObject } from "./offline-conversation.ts";
import { parseRule, type Rule, stepsNamedIn } from "./offline-late-rules.ts";
import { type Form, type Output, tell } from "./offline-products.ts";
import type { Reply } from "./offline-reply.ts";
import { extensionOf } from "./offline-workspace.ts";

interface StepOutput extends Output {
  step: string;
  /** Only the beginning arrived. */
  isCut: boolean;
}

/**
 * Writes the late arguments of a step by their rules, from the outputs of earlier steps and nothing else. Where
 * that is not possible it says so in text, and the step fails with it.
 *
 * @param task - The JSON of docs/model-contract.md, section 2.
 */
export function fillArguments(task: string, names: readonly string[]): Reply {
  const { step, late, outputs } = parseObject(task);
  const { args } = isObject(step) ? step : {};
  const rules = isObject(late) ? late : {};
  const given = (Array.isArray(outputs) ? outputs : []).filter(isObject).map(toOutput);
  const form = formFor(isObject(args) ? String(args.path ?? "") : "");
  const filled: Record<string, string> = {};
  for (const name of names.length > 0 ? names : Object.keys(rules)) {
    const written = writeByRule(String(rules[name] ?? ""), given, form);
    if (typeof written !== "string") return { text: written.refusal };
    filled[name] = written === "" || written.endsWith("\n") ? written : `${written}\n`;
  }
  return { calls: [{ name: "fill_arguments", args: filled }] };
}

function toOutput({ step, tool, args, output, outputLength, error }: Record<string, unknown>): StepOutput {
  return {
    step: String(step ?? ""),
    tool: String(tool ?? ""),
    args: isObject(args) ? args : {},
    output: typeof output === "string" ? output : "",
    isCut: outputLength !== undefined,
    ...(typeof error === "string" ? { error } : {}),
  };
}

function formFor(path: string): Form {
  const extension = extensionOf(path);
  return extension === "csv" ? "csv" : extension === "txt" || extension === "text" ? "plain" : "markdown";
}

function writeByRule(rule: string, outputs: readonly StepOutput[], form: Form): string | { refusal: string } {
  const parts: string[] = [];
  for (const part of parseRule(rule)) {
    const written = writePart(part, outputs, form);
    if (typeof written !== "string") return written;
    parts.push(written);
  }
  return parts.join("\n\n");
}

const beyond =
  /\b(?:translat|rewrit|rephras|haiku|poem|story|essay|letter|compos|invent|explain|opinion|recommend|improv)\w*/i;

function writePart(
  { text, analysis, title }: Rule,
  outputs: readonly StepOutput[],
  form: Form,
): string | { refusal: string } {
  const [, quoted] = /^(?:exactly |the text )?“([^”]*)”$/.exec(text.trim()) ?? [];
  if (quoted !== undefined) return quoted;
  const ids = outputs.map(({ step }) => step);
  const named = stepsNamedIn(text, ids);
  const used = named.length === 0 ? outputs : outputs.filter(({ step }) => named.includes(step));
  if (used.length === 0 || (analysis === undefined && beyond.test(text))) {
    return {
      refusal: `I am the offline rehearsal model and cannot write “${text}”. Edit the step, or choose a real model.`,
    };
  }
  const fitting = answerable(analysis, used);
  const cut = used.filter(({ isCut }) => isCut).map(({ args }) => String(args.path ?? "an output"));
  if (cut.length > 0 && fitting.is === "text") {
    return {
      refusal: `${cut.join(" and ")} did not arrive whole, so it cannot be written out. Use copy_file instead.`,
    };
  }
  const notes = [
    ...(cut.length > 0 ? [`(Only the beginning of ${cut.join(" and ")} was taken into account.)`] : []),
    ...(analysis === undefined
      ? [`(The offline rehearsal model did not understand “${text}” and wrote what it can.)`]
      : []),
  ];
  const heading = title === undefined ? [] : [form === "markdown" ? `# ${title}` : title];
  return [...heading, exact(fitting, used) ?? tell(fitting, used, form), ...notes].join("\n\n");
}

/** The text of a single file goes over as it is, also into Markdown. */
function exact(analysis: Analysis, outputs: readonly StepOutput[]): string | undefined {
  const [only] = outputs;
  return analysis.is === "text" && outputs.length === 1 ? only?.output : undefined;
}

/** What the outputs allow: an analysis that they cannot answer gives way to one that they can. */
function answerable(analysis: Analysis | undefined, outputs: readonly StepOutput[]): Analysis {
  const tools = new Set(outputs.map(({ tool }) => tool));
  const needs: Record<Analysis["is"], string[]> = {
    listing: ["list_files", "find_files"],
    text: ["read_file"],
    summary: ["read_file"],
    counts: ["count_text", "read_file"],
    hits: ["search_text"],
    figures: ["read_file"],
    extreme: ["list_files", "count_text", "read_file"],
  };
  if (analysis !== undefined && needs[analysis.is].some((tool) => tools.has(tool))) return analysis;
  if (tools.has("count_text")) return { is: "counts", object: "", units: ["lines", "words", "characters"] };
  if (tools.has("search_text")) return { is: "hits", object: "", query: queryOf(outputs), wants: "lines" };
  if (tools.has("list_files") || tools.has("find_files")) return { is: "listing", object: "every file" };
  return { is: "summary", object: "" };
}

function queryOf(outputs: readonly StepOutput[]): string {
  return String(outputs.find(({ tool }) => tool === "search_text")?.args.query ?? "");
}
