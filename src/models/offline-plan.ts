import type { Intent } from "./offline-intents.ts";
import { planFileIntent } from "./offline-plan-files.ts";
import { planAnalysis } from "./offline-plan-reads.ts";
import { planWrite } from "./offline-plan-writes.ts";
import type { Planner } from "./offline-planner.ts";
import { isReading, outputOf, type Proposal, type Step, subjectOf } from "./offline-steps.ts";
import { tellNotUnderstood } from "./offline-words.ts";
import { joinWords, plural } from "./offline-workspace.ts";

/** Plans what a person wants, one thing after the other; returns words for the title. */
export function planIntents(planner: Planner, intents: readonly Intent[]): string[] {
  const titles: string[] = [];
  for (const intent of intents) {
    planner.beginClause(intent.isOrdered);
    const title = planIntent(planner, intent);
    if (title !== undefined) titles.push(title);
  }
  return titles;
}

function planIntent(planner: Planner, intent: Intent): string | undefined {
  switch (intent.do) {
    case "answer": {
      const product = planAnalysis(planner, intent.analysis);
      return product && nameAnswer(intent);
    }
    case "write":
      return planWrite(planner, intent);
    case "unknown":
      planner.fail(tellNotUnderstood(intent.clause));
      return undefined;
    case "sum":
    case "talk":
    case "limit":
      return undefined;
    default:
      return planFileIntent(planner, intent);
  }
}

function nameAnswer({ analysis }: Extract<Intent, { do: "answer" }>): string {
  const verbs = {
    summary: "sum up",
    text: "read",
    counts: "count",
    hits: "search",
    listing: "list",
    figures: "add up",
    extreme: "compare",
  };
  return `${verbs[analysis.is]} files`;
}

/** A proposal out of the steps, with what could not be planned said in its summary. */
export function toProposal(
  planner: Planner,
  titles: readonly string[],
  notes: readonly string[] = [],
): Proposal {
  const { steps, assumptions, problems } = planner;
  const sentences = [tellSteps(steps), ...notes, ...problems.map((problem) => `Not planned: ${problem}`)];
  return {
    title: capitalize(shorten(titleFrom(steps, titles))),
    summary: sentences.join(" "),
    assumptions: [...assumptions],
    steps: steps.map((step) => ({ ...step })),
  };
}

function titleFrom(steps: readonly Step[], titles: readonly string[]): string {
  // What is read on the way is not what a plan is for.
  const telling = titles.filter((title) => !/^(?:read|list|compare) files$/.test(title));
  const chosen = telling.length > 0 ? telling : titles;
  if (chosen.length === 0) return plural(steps.length, "step");
  return chosen.length <= 3
    ? joinWords(chosen)
    : `${chosen.slice(0, 2).join(", ")} and ${chosen.length - 2} more`;
}

function shorten(title: string): string {
  return title.length <= 100 ? title : `${title.slice(0, 99).trimEnd()}…`;
}

/** A title for a plan that was revised: what it changes, or else what it reads. */
export function titleOf(steps: readonly Step[]): string {
  const changing = steps.filter(({ tool }) => !isReading(tool) && tool !== "make_directory");
  const [only] = changing;
  if (changing.length === 1 && only) return shorten(only.title);
  return shorten(tellSteps(changing.length > 0 ? changing : steps).replace(/\..*$/s, ""));
}

/** Such as "Reads 4 files and writes summary.md." */
export function tellSteps(steps: readonly Step[]): string {
  const paths = (test: (step: Step) => boolean, of: (step: Step) => string | undefined) => [
    ...new Set(
      steps
        .filter(test)
        .map(of)
        .filter((path) => path !== undefined),
    ),
  ];
  const name = (found: readonly string[]) =>
    found.length <= 3 ? joinWords(found) : plural(found.length, "file");
  const groups: [string, string[]][] = [
    ["reads", paths(({ tool }) => tool === "read_file" || tool === "count_text", subjectOf)],
    ["makes the folder", paths(({ tool }) => tool === "make_directory", subjectOf)],
    ["copies", paths(({ tool }) => tool === "copy_file", subjectOf)],
    ["writes", paths(({ tool }) => tool === "write_file", outputOf)],
    ["replaces", paths(({ tool }) => tool === "replace_file", outputOf)],
    ["appends to", paths(({ tool }) => tool === "append_file", outputOf)],
    ["moves", paths(({ tool }) => tool === "move_file", subjectOf)],
    ["deletes", paths(({ tool }) => tool === "delete_file", subjectOf)],
  ];
  const told = groups
    .filter(([, found]) => found.length > 0)
    .map(([verb, found]) => `${verb} ${name(found)}`);
  if (steps.some(({ tool }) => tool === "search_text")) told.unshift("searches");
  if (steps.some(({ tool }) => tool === "list_files" || tool === "find_files"))
    told.unshift("lists the files");
  const isHarmless = steps.every(({ tool }) => isReading(tool));
  const ending = isHarmless ? " Nothing is changed." : "";
  return `${capitalize(joinWords(told))}.${ending}`;
}

/** Whether a request wants something changed, so that it needs a plan. */
export function needsPlan(intents: readonly Intent[]): boolean {
  return intents.some((intent) => !["answer", "sum", "talk", "limit", "unknown"].includes(intent.do));
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
