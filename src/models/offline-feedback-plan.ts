import type { Remark, Remedy } from "./offline-feedback.ts";
import { type Intent, parseClause } from "./offline-intents.ts";
import { joinRules, putSteps, stepsNamedIn, toRule } from "./offline-late-rules.ts";
import { planIntents } from "./offline-plan.ts";
import { planAnalysis } from "./offline-plan-reads.ts";
import type { Product } from "./offline-planner.ts";
import { type Revision, removeSteps, replaceStep } from "./offline-revision.ts";
import { ancestorsOf, isWriting, type Step, subjectOf } from "./offline-steps.ts";
import { joinWords } from "./offline-workspace.ts";

function toIntent({ clause, words }: Remark): Intent {
  return { clause: words, isOrdered: clause.isOrdered, ...parseClause(clause) };
}

const restart =
  /^(?:instead,?|forget (?:that|it|this)(?:,| and)?|start over:?|something else:?|rather)\s+(?:just\s+)?(.+)$/i;

/** "Instead, just list the files", "forget that, copy a.txt to b.txt": another plan altogether. */
export const startOver: Remedy = (revision, remark) => {
  const [, rest] = restart.exec(remark.clause.text) ?? [];
  return rest !== undefined && replacePlan(revision, remark, rest);
};

/** "Move it to trash instead", where the rules before it found nothing to change in the plan. */
export const applyOther: Remedy = (revision, remark) => {
  const [, rest] = /^(?:just\s+)?(.+?)\s+instead$/i.exec(remark.clause.text) ?? [];
  return rest !== undefined && replacePlan(revision, remark, rest);
};

function replacePlan(revision: Revision, remark: Remark, text: string): boolean {
  const intent = toIntent({ ...remark, clause: { ...remark.clause, text } });
  if (remark.step !== undefined || ["unknown", "limit", "talk", "sum"].includes(intent.do)) return false;
  const { planner } = revision;
  const before = planner.steps.map((step) => step);
  const dropped = new Set(revision.dropped);
  removeSteps(
    revision,
    before.map(({ id }) => id),
  );
  const planned = planIntents(planner, [intent]);
  if (planned.length > 0) {
    revision.applied.push(`another plan: ${planned.join(", ")}`);
    return true;
  }
  planner.steps.splice(0, planner.steps.length, ...before);
  revision.dropped = dropped;
  return planner.problems.length > 0;
}

/** "Also count the lines", "include drafts/x.txt", or anything else that can be planned. */
export const applyAddition: Remedy = (revision, remark) => {
  if (includeFile(revision, remark)) return true;
  const { planner, applied } = revision;
  const intent = toIntent(remark);
  if (intent.do === "talk" || /^(?:looks? good|fine|good|approved?|lgtm|perfect|yes)\b/i.test(remark.words)) {
    revision.refused.push(`“${remark.words}” (it asks for no change)`);
    return true;
  }
  if (["unknown", "limit", "sum"].includes(intent.do)) return false;
  const before = new Set(planner.steps.map(({ id }) => id));
  const products = planner.products.length;
  const titles = planIntents(planner, [intent]);
  const added = planner.steps.filter(({ id }) => !before.has(id));
  if (added.length > 0) applied.push(`added ${nameAdded(added)}`);
  else if (titles.length > 0) applied.push(`${remark.words}: answered at the end, no step is needed for it`);
  const product = planner.products[products];
  const isToTell = /^(?:tell|say|show|how|what|which|report)\b/i.test(remark.words);
  if (intent.do === "answer" && product !== undefined && !isToTell) writeDown(revision, product);
  return titles.length > 0 || planner.problems.length > 0;
};

function nameAdded(steps: readonly Step[]): string {
  return steps.length <= 3
    ? joinWords(steps.map(({ id, title }) => `${id} (${title})`))
    : `${steps.length} steps (${steps[0]?.title}, …)`;
}

/** What is found out in addition goes into the one file that the plan writes such things to. */
function writeDown(revision: Revision, { analysis, ids, files }: Product): void {
  const { planner } = revision;
  const writing = planner.steps.filter(({ tool, late }) => isWriting(tool) && late?.content !== undefined);
  const [only] = writing;
  // What is found out about the file itself cannot go into it.
  if (only !== undefined && ancestorsOf(ids, planner.steps).has(only.id)) return;
  if (only === undefined || writing.length > 1 || revision.kept.has(only.id) || ids.length === 0) return;
  if (analysis.is === "text" || files.length === 0) return;
  replaceStep(revision, only.id, (step) => ({
    ...step,
    late: { ...step.late, content: joinRules([step.late?.content ?? "", toRule(analysis, ids)]) },
    after: [...new Set([...step.after, ...ids])],
  }));
  revision.applied.push(`it goes into ${subjectOf(only)} as well`);
}

/** "Include drafts/x.txt": one more source for what the plan makes of its sources. */
function includeFile(revision: Revision, { words }: Remark): boolean {
  const [, phrase] = /^(?:include|add|take|use|read)\s+(.+?)(?:\s+(?:too|as well|also))?$/i.exec(words) ?? [];
  const { planner, applied, unchanged, kept } = revision;
  const writer = planner.steps.find((step) => sourcesOf(step, planner.steps).length > 0);
  if (phrase === undefined || writer === undefined || kept.has(writer.id)) return false;
  if (/[“”]/.test(phrase) && !/\.\w+”/.test(phrase)) return false;
  const sources = sourcesOf(writer, planner.steps);
  const selection = planner.select(phrase);
  if (selection.files.length === 0) return false;
  const known = new Set(sources.map(subjectOf));
  const fresh = selection.files.filter((path) => !known.has(path) && path !== subjectOf(writer));
  if (fresh.length === 0) {
    unchanged.push(`${selection.what} is in the plan already`);
    return true;
  }
  const object = fresh.map((path) => `“${path}”`).join(" ");
  const isRead = sources[0]?.tool === "read_file";
  planner.beginClause(false);
  const product = planAnalysis(
    planner,
    isRead ? { is: "text", object } : { is: "counts", object, units: ["words"] },
  );
  if (product === undefined) return true;
  const from = [...sources.map(({ id }) => id), ...product.ids];
  replaceStep(revision, writer.id, (step) => {
    const [first = "", ...rest] = (step.late?.content ?? "").split("; then ");
    const content = joinRules([putSteps(first, from), ...rest]);
    return { ...step, late: { ...step.late, content }, after: [...new Set([...step.after, ...product.ids])] };
  });
  applied.push(`added ${joinWords(fresh)}`);
  return true;
}

/** The reading steps that the first part of a late rule names. */
function sourcesOf({ late }: Step, steps: readonly Step[]): Step[] {
  const [first = ""] = (late?.content ?? "").split("; then ");
  const named = stepsNamedIn(
    first,
    steps.map(({ id }) => id),
  );
  return steps.filter(
    ({ id, tool }) => named.includes(id) && (tool === "read_file" || tool === "count_text"),
  );
}
