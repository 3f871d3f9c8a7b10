import { callKey, type Turn } from "./offline-conversation.ts";
import { answerDirectly } from "./offline-direct.ts";
import { applyLimits, reviseProposal } from "./offline-feedback.ts";
import { type Intent, parseIntents } from "./offline-intents.ts";
import { needsPlan, planIntents, toProposal } from "./offline-plan.ts";
import { createPlanner, listEverything, type PlannerStart } from "./offline-planner.ts";
import type { Reply } from "./offline-reply.ts";
import { type Sources, startFrom } from "./offline-sources.ts";
import { toProposeCall } from "./offline-steps.ts";
import type { BoundTools } from "./offline-tools.ts";
import { tellAbout, tellCannot, tellNotUnderstood, tellSum } from "./offline-words.ts";

/**
 * One turn of planning. It is worked out from the start each time: as long as results of read-only calls are
 * missing, these calls are the reply.
 */
export function replyToRequest(turn: Turn, tools: BoundTools): Reply {
  const wanted = new Map<string, { name: string; args: Record<string, unknown> }>();
  const ask: PlannerStart["ask"] = (name, args) => {
    const key = callKey(name, args);
    const known = turn.readings.get(key);
    if (known !== undefined) return known;
    if (!tools.names.has(name)) return { state: "unavailable" };
    wanted.set(key, { name, args });
    return { state: "pending" };
  };
  const reply = planOrAnswer({ turn, tools, ask });
  return wanted.size > 0 ? { calls: [...wanted.values()] } : reply;
}

function planOrAnswer(sources: Sources): Reply {
  const { turn } = sources;
  if (turn.isCancelled) return { text: "Stopped. Nothing was run." };
  if (turn.error !== undefined) return correct(turn, turn.error);
  if (turn.rejections.length > 0 && turn.proposal !== undefined)
    return reviseProposal(sources, turn.proposal);
  const { intents, isPlanWanted } = understand(turn.request);
  return replyWithoutFiles(intents) ?? replyWithFiles(sources, intents, isPlanWanted);
}

/** "Make a plan to …" is a plan even where an answer would do. */
function understand(request: string): { intents: Intent[]; isPlanWanted: boolean } {
  const plan =
    /^(?:please\s+)?(?:make|propose|write|show me|give me|create)\s+(?:me\s+)?a plan\s+(?:to|for|that|which)\s+/i;
  return { intents: parseIntents(request.trim().replace(plan, "")), isPlanWanted: plan.test(request.trim()) };
}

function replyWithoutFiles(intents: readonly Intent[]): Reply | undefined {
  if (intents.length === 0) return { text: tellAbout("help") };
  const told = intents.map((intent) =>
    intent.do === "talk" ? tellAbout(intent.about) : intent.do === "sum" ? tellSum(intent) : undefined,
  );
  if (told.every((text) => text !== undefined)) return { text: told.join("\n\n") };
  const isLost = intents.every((intent) => ["unknown", "limit", "talk", "sum"].includes(intent.do));
  if (!isLost) return undefined;
  const lost = intents.filter((intent) => intent.do === "unknown" || intent.do === "limit");
  const sums = told.filter((text) => text !== undefined);
  return { text: [...sums, tellCannot(lost.map(({ clause }) => tellNotUnderstood(clause)))].join("\n\n") };
}

function replyWithFiles(sources: Sources, intents: readonly Intent[], isPlanWanted: boolean): Reply {
  const listing = sources.ask("list_files", listEverything);
  if (listing.state === "failed") return { text: `I could not look into the workspace: ${listing.error}` };
  if (listing.state === "pending") return { text: "" };
  if (!isPlanWanted && !needsPlan(intents)) {
    const answer = answerDirectly(sources, intents);
    if (answer !== undefined) return { text: answer };
  }
  const planner = createPlanner(startFrom(sources));
  const titles = planIntents(planner, intents);
  const notes = applyLimits(planner, intents);
  notes.push(
    ...intents
      .filter((intent) => intent.do === "sum")
      .map((intent) => `${tellSum(intent).replaceAll("**", "")}.`),
  );
  if (planner.steps.length === 0)
    return { text: tellNothingPlanned(intents, [...planner.problems, ...notes]) };
  return toProposeCall(toProposal(planner, titles, notes));
}

function tellNothingPlanned(intents: readonly Intent[], problems: readonly string[]): string {
  const isClear = intents.every((intent) => intent.do !== "unknown");
  const isComposing = intents.some((intent) => intent.do === "write" && intent.content.is === "composition");
  if (isClear && !isComposing && problems.length > 0)
    return `${problems.join("\n\n")}\n\nNothing was planned.`;
  return tellCannot(problems.length > 0 ? problems : ["There is nothing to do."]);
}

/** The steps that an error names are left out, once; what remains wrong is said instead of tried again. */
function correct(turn: Turn, error: string): Reply {
  const steps = turn.proposal?.steps ?? [];
  const named = steps
    .filter(({ id }, index) =>
      new RegExp(`\\bsteps\\.${index}\\b|\\b${id.replace(/\W/g, "\\$&")}\\b`).test(error),
    )
    .map(({ id }) => id);
  const left = steps.filter(({ id }) => !named.includes(id));
  const isHopeless = turn.errors > 1 || named.length === 0 || left.length === 0;
  if (isHopeless || turn.proposal === undefined || /\bkeeps step\b/.test(error)) {
    return {
      text: `I could not make a valid plan: ${error}. I am the offline rehearsal model; please say it in other words.`,
    };
  }
  const dependent = left.filter(({ after }) => after.some((id) => named.includes(id)));
  const remaining = left.filter((step) => !dependent.includes(step));
  if (remaining.length === 0) return { text: `I could not make a valid plan: ${error}.` };
  const lost = [...named, ...dependent.map(({ id }) => id)];
  const summary = `${turn.proposal.summary} Left out because it was not valid (${lost.join(", ")}): ${error}.`;
  const after = (ids: readonly string[]) => ids.filter((id) => !lost.includes(id));
  return toProposeCall({
    ...turn.proposal,
    summary,
    steps: remaining.map((step) => ({ ...step, after: after(step.after) })),
  });
}
