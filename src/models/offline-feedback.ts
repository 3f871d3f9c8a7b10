import type { Rejection } from "./offline-conversation.ts";
import { applyContent } from "./offline-feedback-content.ts";
import { applyFilter, applyRemoval } from "./offline-feedback-filter.ts";
import { applyOrder } from "./offline-feedback-order.ts";
import { applyPlace } from "./offline-feedback-place.ts";
import { applyAddition, applyOther, startOver } from "./offline-feedback-plan.ts";
import type { Intent } from "./offline-intents.ts";
import { type Clause, splitRequest, toPhrase } from "./offline-language.ts";
import { tellSteps, titleOf } from "./offline-plan.ts";
import { createPlanner, type Planner } from "./offline-planner.ts";
import type { Reply } from "./offline-reply.ts";
import { type Revision, sortByOrder } from "./offline-revision.ts";
import { type Sources, startFrom } from "./offline-sources.ts";
import { isReading, isWriting, type Proposal, type Step, subjectOf, toProposeCall } from "./offline-steps.ts";

/** One piece of feedback. */
export interface Remark {
  clause: Clause;
  /** As the person wrote it. */
  words: string;
  /** The step that it is a comment on. */
  step?: Step;
}

/** Applies a remark; false when it does not understand it. */
export type Remedy = (revision: Revision, remark: Remark) => boolean;

const remedies: Remedy[] = [
  startOver,
  applyRemoval,
  applyOrder,
  applyFilter,
  applyPlace,
  applyContent,
  applyOther,
  applyAddition,
];

/** Makes the next revision of a plan: the last one, changed by every rejection in their order. */
export function reviseProposal(sources: Sources, last: Proposal): Reply {
  const { turn } = sources;
  const kept = new Set(turn.rejections.flatMap(({ keep }) => keep));
  const steps = last.steps.map((step) => ({ ...step }));
  const planner = createPlanner({ ...startFrom(sources), steps, usedIds: turn.usedIds, ...meantBy(steps) });
  const revision: Revision = { planner, kept, applied: [], unchanged: [], refused: [], dropped: new Set() };
  for (const rejection of turn.rejections) applyRejection(revision, rejection);
  return finish(revision, last);
}

/** In feedback "it" is what the plan writes, or the only file that it takes; "them" are the files that it takes. */
function meantBy(steps: readonly Step[]): { one: string[]; many: string[] } {
  const subjects = (chosen: readonly Step[]) => [
    ...new Set(chosen.map(subjectOf).filter((path) => path !== undefined)),
  ];
  const read = subjects(steps.filter(({ tool }) => isReading(tool)));
  const taken =
    read.length > 0
      ? read
      : subjects(steps.filter(({ tool }) => !isWriting(tool) && tool !== "make_directory"));
  const written = subjects(steps.filter(({ tool }) => isWriting(tool)));
  return { one: written.length > 0 ? written.slice(-1) : taken.length === 1 ? taken : [], many: taken };
}

function applyRejection(revision: Revision, { feedback, comments }: Rejection): void {
  for (const [id, text] of Object.entries(comments)) {
    const step = revision.planner.steps.find((one) => one.id === id);
    if (step === undefined) revision.refused.push(`“${text}” (there is no step ${id} any more)`);
    else if (text.trim() !== "")
      for (const clause of splitFeedback(text)) apply(revision, toRemark(clause, step));
  }
  for (const clause of splitFeedback(feedback)) apply(revision, toRemark(clause));
}

function toRemark(clause: Clause, step?: Step): Remark {
  const text = clause.text.replace(
    /^(?:add|insert|include) (?:a|another|one more) steps? (?:to|that|which|for)\s+/i,
    "",
  );
  return { clause: { ...clause, text }, words: toPhrase(text, clause.literals), ...(step ? { step } : {}) };
}

/** "No, …" says nothing more, and "instead, …" belongs to what follows. */
function splitFeedback(feedback: string): Clause[] {
  const text = feedback
    .replace(/^\s*no[,.!]\s+(?=\S)/i, "")
    .replace(/(^|[.!?]\s+)instead,\s+/gi, "$1instead ");
  return splitRequest(text);
}

function apply(revision: Revision, remark: Remark): void {
  const problems = revision.planner.problems.length;
  const isUnderstood = remedies.some((remedy) => remedy(revision, remark));
  const why = revision.planner.problems.splice(problems);
  if (!isUnderstood)
    revision.refused.push(`“${remark.words}”${remark.step ? ` (on ${remark.step.id})` : ""}`);
  for (const problem of why) revision.refused.push(`“${remark.words}” (${problem})`);
}

function finish({ planner, applied, unchanged, refused, dropped }: Revision, last: Proposal): Reply {
  const couldNot = refused.length > 0 ? `I could not apply: ${refused.join("; ")}.` : "";
  sortByOrder(planner.steps);
  if (planner.steps.length === 0) {
    return {
      text: `With that nothing is left to do. ${couldNot} Nothing was run; tell me what you want instead.`.replace(
        / +/g,
        " ",
      ),
    };
  }
  const changed = applied.length > 0 ? `Changed: ${applied.join("; ")}.` : "";
  const already = unchanged.length > 0 ? `Nothing had to change: ${unchanged.join("; ")}.` : "";
  const nothing =
    applied.length + unchanged.length + refused.length === 0
      ? "No change was asked for, so it is the same plan again."
      : "";
  const used = new Set(planner.steps.flatMap(({ args }) => Object.values(args)));
  const lost = [...dropped].filter((path) => !used.has(path));
  const assumptions = [...last.assumptions, ...planner.assumptions].filter(
    (one) => !lost.some((path) => one.startsWith(`${path} `)),
  );
  const promises = last.summary.match(/At the end I tell you .*?\.(?= |$)/g) ?? [];
  return toProposeCall({
    title: applied.length > 0 ? titleOf(planner.steps) : last.title,
    summary: [changed, tellSteps(planner.steps), ...promises, already, couldNot, nothing]
      .filter((part) => part !== "")
      .join(" "),
    assumptions: [...new Set(assumptions)],
    steps: planner.steps.map((step) => ({ ...step })),
  });
}

/** What a request itself rules out ("but leave out drafts"), applied to its fresh plan; returns what to say of it. */
export function applyLimits(planner: Planner, intents: readonly Intent[]): string[] {
  const revision: Revision = {
    planner,
    kept: new Set(),
    applied: [],
    unchanged: [],
    refused: [],
    dropped: new Set(),
  };
  for (const intent of intents) {
    if (intent.do !== "limit") continue;
    for (const clause of splitRequest(intent.clause)) apply(revision, toRemark(clause));
  }
  const { applied, unchanged, refused } = revision;
  return [
    ...(applied.length > 0 ? [`As asked: ${applied.join("; ")}.`] : []),
    ...(unchanged.length > 0 ? [`Nothing had to change: ${unchanged.join("; ")}.`] : []),
    ...(refused.length > 0 ? [`I could not apply: ${refused.join("; ")}.`] : []),
  ];
}
