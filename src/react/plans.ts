import type { Decision, Plan } from "countersign/agent";
import type { TimelineItem } from "./timeline.ts";

/** The last `plan` event: a plan as far as it is written, or the whole of it. */
export interface Draft {
  revision: number;
  draft?: Partial<Plan>;
  plan?: Plan;
}

export interface PlanSources {
  items: readonly TimelineItem[];
  /** The `plan` channel: behind the events while the next plan is written. */
  plan: Plan | null;
  decisions: readonly Decision[];
  draft: Draft | null;
  /** The open question about a plan: it can arrive before the state that holds the plan. */
  review?: { review: { plan: Plan } } | null;
  isLoading: boolean;
}

/**
 * The plan that the last plan item shows, from the state: null while that item is still being written (the
 * state holds the plan before it then), and once the conversation has gone on without it.
 */
export function planInHand(sources: PlanSources): Plan | null {
  const { items } = sources;
  const plan = newestPlan(sources);
  if (plan === null || draftInHand(sources) !== null) return null;
  return isLeftBehind(items) || recordedDigests(items).has(plan.digest) ? null : plan;
}

/** What is being written now and is not in the state yet. */
export function draftInHand(sources: PlanSources): Draft | null {
  const { draft, isLoading } = sources;
  if (!isLoading || draft === null) return null;
  const plan = newestPlan(sources);
  const written = draft.plan;
  const isInState =
    plan !== null &&
    written !== undefined &&
    written.id === plan.id &&
    // A person's edit makes one more revision, which no event tells of.
    written.revision <= plan.revision;
  return isInState ? null : draft;
}

/** The plan of the state, or the one that was written last, once it is asked about. */
function newestPlan({ plan, draft, review }: PlanSources): Plan | null {
  const asked = review?.review.plan;
  return asked !== undefined && asked.digest === draft?.plan?.digest ? asked : plan;
}

/** True when the person has said something else since the last plan; a question about it is nothing else. */
export function isLeftBehind(items: readonly TimelineItem[]): boolean {
  const last = items.findLastIndex(({ type }) => type === "plan");
  return items.slice(last + 1).some((item) => item.type === "person" && item.about === undefined);
}

/**
 * True when a plan was approved, never came to its end, and is not in hand any more. Which one of those set
 * aside it was, neither the messages nor the decisions say.
 */
export function hasHalfRun(sources: PlanSources): boolean {
  const recorded = recordedDigests(sources.items);
  const inHand = planInHand(sources)?.digest;
  return sources.decisions.some(
    ({ type, digest }) =>
      (type === "approve" || type === "edit") && digest !== inHand && !recorded.has(digest),
  );
}

/** Digests of the plans whose end, or rejection, the messages hold. */
function recordedDigests(items: readonly TimelineItem[]): Set<string> {
  return new Set(
    items.flatMap((item) => (item.type === "plan" && item.record ? [item.record.plan.digest] : [])),
  );
}
