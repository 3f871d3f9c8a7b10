import type { Remark, Remedy } from "./offline-feedback.ts";
import { type Intent, parseClause } from "./offline-intents.ts";
import { joinRules, toRule } from "./offline-late-rules.ts";
import { planIntents } from "./offline-plan.ts";
import { planAnalysis } from "./offline-plan-reads.ts";
import type { Product } from "./offline-planner.ts";
import { removeSteps, replaceStep, type Revision } from "./offline-revision.ts";
import { isReading, isWriting, type Step, subjectOf } from "./offline-steps.ts";
import { joinWords } from "./offline-workspace.ts";

function toIntent({ clause, words }: Remark): Intent {
  return { clause: words, isOrdered: clause.isOrdered, ...parseClause(clause) };
}

/** "Instead, just list the files", "forget that, copy a.txt to b.txt": another plan altogether. */
export const startOver: Remedy = (revision, remark) => {
  const { text, literals, isOrdered } = remark.clause;
  const start =
    /^(?:no,?\s+)?(?:instead,?|forget (?:that|it|this)(?:,| and)?|start over:?|something else:?)\s+(?:just\s+)?(.+)$/i;
  const [, rest] = start.exec(text) ?? [];
  if (rest === undefined || remark.step !== undefined) return false;
  const intent = toIntent({ ...remark, clause: { text: rest, literals, isOrdered } });
  if (["unknown", "limit", "talk", "sum"].includes(intent.do)) return false;
  const before = revision.planner.steps.map(({ id }) => id);
  const removed = removeSteps(revision, before);
  const planned = planIntents(revision.planner, [intent]);
  if (planned.length === 0) revision.planner.steps.push(...removed);
  else revision.applied.push(`another plan: ${planned.join(", ")}`);
  return planned.length > 0 || revision.planner.problems.length > 0;
};

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
  if (intent.do === "answer" && product !== undefined) writeDown(revision, product);
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
  if (only === undefined || writing.length > 1 || revision.kept.has(only.id) || ids.length === 0) return;
  if (analysis.is === "text" || files.length === 0) return;
  const isAfter = planner.steps.findIndex(({ id }) => id === only.id);
  replaceStep(revision, only.id, (step) => ({
    ...step,
    late: { ...step.late, content: joinRules([step.late?.content ?? "", toRule(analysis, ids)]) },
    after: [...new Set([...step.after, ...ids])],
  }));
  // It is shown behind what it is written from.
  const at = Math.max(isAfter, ...ids.map((id) => planner.steps.findIndex((step) => step.id === id)));
  const [moved] = planner.steps.splice(isAfter, 1);
  if (moved) planner.steps.splice(at, 0, moved);
  revision.applied.push(`it goes into ${subjectOf(only)} as well`);
}

/** "Include drafts/x.txt": one more source for what the plan makes of its sources. */
function includeFile(revision: Revision, { words }: Remark): boolean {
  const [, phrase] = /^(?:include|add|take|use|read)\s+(.+?)(?:\s+(?:too|as well|also))?$/i.exec(words) ?? [];
  const { planner } = revision;
  const sources = planner.steps.filter(({ tool }) => tool === "read_file" || tool === "count_text");
  const writer = planner.steps.find(
    ({ late, after }) =>
      late?.content !== undefined && after.some((id) => sources.some((step) => step.id === id)),
  );
  const [pattern] = sources;
  if (phrase === undefined || writer === undefined || pattern === undefined || revision.kept.has(writer.id))
    return false;
  if (/[“”]/.test(phrase) && !/\.\w+”/.test(phrase)) return false;
  const selection = planner.select(phrase);
  const known = new Set(sources.map(subjectOf));
  const fresh = selection.files.filter((path) => !known.has(path) && path !== subjectOf(writer));
  if (selection.files.length === 0) return false;
  if (fresh.length === 0) {
    revision.applied.push(`nothing to change: ${selection.what} is in the plan already`);
    return true;
  }
  const analysis = pattern.tool === "read_file" ? ("text" as const) : ("counts" as const);
  const object = fresh.map((path) => `“${path}”`).join(" ");
  planner.beginClause(false);
  const product = planAnalysis(
    planner,
    analysis === "text" ? { is: analysis, object } : { is: analysis, object, units: ["words"] },
  );
  if (product === undefined) return true;
  const from = planner.steps.filter(({ id }) => writer.after.includes(id) || product.ids.includes(id));
  extendRule(revision, writer, from, product.ids);
  revision.applied.push(`added ${joinWords(fresh)}`);
  return true;
}

function extendRule(revision: Revision, writer: Step, from: readonly Step[], ids: readonly string[]): void {
  const { planner } = revision;
  const at = planner.steps.findIndex(({ id }) => id === writer.id);
  const names = from.filter(({ tool }) => isReading(tool)).map(({ id }) => id);
  replaceStep(revision, writer.id, (step) => {
    const rule = (step.late?.content ?? "").replace(
      /\b(in|from) [A-Za-z]\w*\d(?:(?:, | and | to )[A-Za-z]\w*\d)*/,
      `$1 ${joinWords(names)}`,
    );
    return { ...step, late: { ...step.late, content: rule }, after: [...new Set([...step.after, ...ids])] };
  });
  const [moved] = planner.steps.splice(at, 1);
  if (moved) planner.steps.push(moved);
}
