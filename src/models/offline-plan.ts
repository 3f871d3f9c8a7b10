import type { Intent } from "./offline-intents.ts";
import { stepsNamedIn } from "./offline-late-rules.ts";
import { planFileIntent } from "./offline-plan-files.ts";
import { nameAnalysis, planAnalysis } from "./offline-plan-reads.ts";
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

/** Such words give way in a title to what a plan changes. */
const answerTitle = /^(?:sum up|read|count|search|list|add up|compare) files$/;

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
  const sentences = [
    tellSteps(steps),
    ...tellPromises(planner),
    ...notes,
    ...problems.map((problem) => `Not planned: ${problem}`),
  ];
  return {
    title: capitalize(shorten(titleFrom(steps, titles))),
    summary: sentences.join(" "),
    assumptions: [...assumptions],
    steps: steps.map((step) => ({ ...step })),
  };
}

/** What is said at the end and not written anywhere. */
function tellPromises({ steps, products }: Planner): string[] {
  const rules = steps.flatMap(({ late = {} }) => Object.values(late));
  const ids = steps.map(({ id }) => id);
  const written = new Set(rules.flatMap((rule) => stepsNamedIn(rule, ids)));
  const promised = products.filter(
    (product) =>
      product.isAsked && product.analysis.is !== "text" && !product.ids.some((id) => written.has(id)),
  );
  return promised.map(({ analysis, files }) => `At the end I tell you ${nameAnalysis(analysis, files)}.`);
}

function titleFrom(steps: readonly Step[], titles: readonly string[]): string {
  // What is read on the way is not what a plan is for.
  const telling = titles.filter((title) => !answerTitle.test(title));
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
  const groups = groupSteps(changing.length > 0 ? changing : steps);
  return capitalize(shorten(joinWords(groups.map(({ base, rest }) => `${base}${rest}`))));
}

/** Such as "Reads 4 files and writes summary.md." */
export function tellSteps(steps: readonly Step[]): string {
  const told = groupSteps(steps).map(({ base, rest }) => `${base.replace(/^\w+/, toThirdPerson)}${rest}`);
  const isHarmless = steps.every(({ tool }) => isReading(tool));
  return `${capitalize(joinWords(told))}.${isHarmless ? " Nothing is changed." : ""}`;
}

function toThirdPerson(verb: string): string {
  return /(?:ch|sh|s|x|z)$/.test(verb)
    ? `${verb}es`
    : verb.endsWith("y")
      ? `${verb.slice(0, -1)}ies`
      : `${verb}s`;
}

function isFolderStep({ title }: Step): boolean {
  return title.startsWith("Delete the folder ");
}

/** What the steps do, kind by kind: a verb, and what it is done to. */
function groupSteps(steps: readonly Step[]): { base: string; rest: string }[] {
  const kinds: [string, string, (step: Step) => string | undefined][] = [
    ["list_files", "list the files", () => ""],
    ["search_text", "search", () => ""],
    ["read_file", "read", subjectOf],
    ["count_text", "count", subjectOf],
    ["make_directory", "make the folder", subjectOf],
    ["copy_file", "copy", subjectOf],
    ["write_file", "write", outputOf],
    ["replace_file", "replace", outputOf],
    ["append_file", "append to", outputOf],
    ["move_file", "move", subjectOf],
    [
      "delete_file",
      "delete",
      (step) => (isFolderStep(step) ? `the folder ${subjectOf(step)}` : subjectOf(step)),
    ],
  ];
  return kinds.flatMap(([tool, base, of]) => {
    const paths = [...new Set(steps.filter((step) => step.tool === tool).map((step) => of(step) ?? ""))];
    if (paths.length === 0) return [];
    const unit =
      tool === "make_directory"
        ? "folder"
        : paths.some((path) => path.startsWith("the folder "))
          ? "path"
          : "file";
    const rest = paths.length <= 3 ? joinWords(paths) : plural(paths.length, unit);
    return [
      {
        base: paths.length > 3 ? base.replace(" the folder", "") : base,
        rest: rest === "" ? "" : ` ${rest}`,
      },
    ];
  });
}

/** Whether a request wants something changed, so that it needs a plan. */
export function needsPlan(intents: readonly Intent[]): boolean {
  return intents.some((intent) => !["answer", "sum", "talk", "limit", "unknown"].includes(intent.do));
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
