import type { Rejection } from "./offline-conversation.ts";
import { applyContent } from "./offline-feedback-content.ts";
import { applyFilter, applyRemoval } from "./offline-feedback-filter.ts";
import { applyOrder } from "./offline-feedback-order.ts";
import { applyPlace } from "./offline-feedback-place.ts";
import { applyAddition, startOver } from "./offline-feedback-plan.ts";
import type { Intent } from "./offline-intents.ts";
import { type Clause, splitRequest, toPhrase } from "./offline-language.ts";
import { tellSteps, titleOf } from "./offline-plan.ts";
import { createPlanner, type Planner } from "./offline-planner.ts";
import { type Sources, startFrom } from "./offline-sources.ts";
import type { Reply } from "./offline-reply.ts";
import type { Revision } from "./offline-revision.ts";
import { isReading, isWriting, type Proposal, type Step, subjectOf, toProposeCall } from "./offline-steps.ts";

/** One piece of feedback. */
export interface Remark {
  clause: Clause;
  /** As the person wrote it. */
  words: string;
  /** "also", "too": something more, not something else. */
  isMore: boolean;
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
  applyAddition,
];

/** Makes the next revision of a plan: the last one, changed by every rejection in their order. */
export function reviseProposal(sources: Sources, last: Proposal): Reply {
  const { turn } = sources;
  const kept = new Set(turn.rejections.flatMap(({ keep }) => keep));
  const steps = last.steps.map((step) => ({ ...step }));
  const sourcesOfSteps = steps
    .filter(({ tool }) => isReading(tool))
    .map(subjectOf)
    .filter((path) => path !== undefined);
  const written = steps
    .filter(({ tool }) => isWriting(tool))
    .map(subjectOf)
    .filter((path) => path !== undefined);
  const planner = createPlanner({
    ...startFrom(sources),
    steps,
    usedIds: turn.usedIds,
    many: [...new Set(sourcesOfSteps)],
    one: written.slice(-1),
  });
  const revision: Revision = { planner, kept, applied: [], refused: [], dropped: new Set() };
  for (const rejection of turn.rejections) applyRejection(revision, rejection);
  return finish(revision, last);
}

function applyRejection(revision: Revision, { feedback, comments }: Rejection): void {
  for (const [id, text] of Object.entries(comments)) {
    const step = revision.planner.steps.find((one) => one.id === id);
    if (step === undefined) revision.refused.push(`“${text}” (there is no step ${id} any more)`);
    else if (text.trim() !== "")
      for (const clause of splitRequest(text)) apply(revision, toRemark(clause, text, step));
  }
  for (const clause of splitRequest(feedback)) apply(revision, toRemark(clause, feedback));
}

function toRemark(clause: Clause, whole: string, step?: Step): Remark {
  const isMore = /\b(?:also|too|as well|additionally|in addition)\b/i.test(whole);
  return { clause, words: toPhrase(clause.text, clause.literals), isMore, ...(step ? { step } : {}) };
}

function apply(revision: Revision, remark: Remark): void {
  const problems = revision.planner.problems.length;
  const isUnderstood = remedies.some((remedy) => remedy(revision, remark));
  const why = revision.planner.problems.splice(problems);
  if (!isUnderstood)
    revision.refused.push(`“${remark.words}”${remark.step ? ` (on ${remark.step.id})` : ""}`);
  for (const problem of why) revision.refused.push(`“${remark.words}” (${problem})`);
}

function finish({ planner, applied, refused, dropped }: Revision, last: Proposal): Reply {
  const couldNot = refused.length > 0 ? `I could not apply: ${refused.join("; ")}.` : "";
  if (planner.steps.length === 0) {
    return {
      text: `With that nothing is left to do. ${couldNot} Nothing was run; tell me what you want instead.`.replace(
        / +/g,
        " ",
      ),
    };
  }
  const changed = applied.length > 0 ? `Changed: ${applied.join("; ")}.` : "";
  const nothing =
    applied.length + refused.length === 0 ? "No change was asked for, so it is the same plan again." : "";
  const used = new Set(planner.steps.flatMap(({ args }) => Object.values(args)));
  const lost = [...dropped].filter((path) => !used.has(path));
  const assumptions = [...last.assumptions, ...planner.assumptions].filter(
    (one) => !lost.some((path) => one.startsWith(`${path} `)),
  );
  const promises = last.summary.match(/At the end I tell you .*?\.(?= |$)/g) ?? [];
  return toProposeCall({
    title: applied.length > 0 ? titleOf(planner.steps) : last.title,
    summary: [changed, tellSteps(planner.steps), ...promises, couldNot, nothing]
      .filter((part) => part !== "")
      .join(" "),
    assumptions: [...new Set(assumptions)],
    steps: planner.steps.map((step) => ({ ...step })),
  });
}

/** What a request itself rules out ("but leave out drafts"), applied to its fresh plan; returns what to say of it. */
export function applyLimits(planner: Planner, intents: readonly Intent[]): string[] {
  const revision: Revision = { planner, kept: new Set(), applied: [], refused: [], dropped: new Set() };
  for (const intent of intents) {
    if (intent.do !== "limit") continue;
    for (const clause of splitRequest(intent.clause)) apply(revision, toRemark(clause, intent.clause));
  }
  const { applied, refused } = revision;
  return [
    ...(applied.length > 0 ? [`As asked: ${applied.join("; ")}.`] : []),
    ...(refused.length > 0 ? [`I could not apply: ${refused.join("; ")}.`] : []),
  ];
}
