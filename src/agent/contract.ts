import type { Receipt } from "../effects/index.ts";
import { canonicalJson, isRecord } from "../protocol/json.ts";
import type { ToolSpec } from "../tools/index.ts";
import { type AllowRule, isAllowed } from "./allow.ts";
import type { Autonomy, Decision } from "./decision.ts";
import { digestOfPlan, digestOfTool, type Plan, type PlanStep } from "./plan.ts";
import { isRisky, policyFor, type ToolPolicy } from "./policy.ts";
import { contractOf, judgeProposal } from "./proposal.ts";
import type { Call, ReviewCause, Ruling, StepAsk, StepState } from "./step-state.ts";

/**
 * Invariant 8: what runs is what a person approved. Where a server keeps receipts, only they count: plan and
 * rulings are taken from the questions that were answered, never from the graph's state, which others can
 * write. Without a server, the decisions that came back from the interrupts serve.
 */
export interface Approval {
  /** As it was approved, or as the approver edited it. */
  plan: Plan;
  autonomy?: Autonomy;
  /** Who approved it. */
  by?: string;
  /** What people said about single steps, oldest first. */
  rulingsOn(step: string): readonly Ruling[];
}

/** What people said about a plan: whether they approved it, or ended it, and about its steps. */
interface Said extends Pick<Approval, "rulingsOn"> {
  approval?: Omit<Approval, "rulingsOn">;
  isEnded: boolean;
}

/** What the graph's own state says; it counts only where there are no receipts. */
export interface Claimed {
  plan: Plan;
  decisions: readonly Decision[];
  steps: Readonly<Record<string, StepState>>;
}

export interface ApprovalQuery {
  /** Of the plan. */
  digest: string;
  /** Undefined where no server of ours keeps them. */
  receipts: readonly Receipt[] | undefined;
  claimed: Claimed;
  specs: readonly ToolSpec[];
  policy: readonly ToolPolicy[];
}

/** The approval of a plan that is in force; undefined when nobody approved it, or somebody ended it. */
export function approvalOf({
  digest,
  receipts,
  claimed,
  specs,
  policy,
}: ApprovalQuery): Approval | undefined {
  const {
    isEnded: isOver,
    approval,
    rulingsOn,
  } = receipts === undefined ? fromState(digest, claimed) : fromReceipts(digest, receipts, specs);
  if (isOver) return undefined;
  if (approval !== undefined) return { ...approval, rulingsOn };
  const { plan, decisions } = claimed;
  const isEnded = decisions.some((one) => one.digest === digest && !approves(one));
  if (isEnded || plan.digest !== digest || digestOfPlan(plan) !== digest) return undefined;
  return asksNobody(plan, policy) ? { plan, rulingsOn } : undefined;
}

/** True when the policy of every call says that nobody is asked. Late arguments are not known yet: they never fit. */
export function asksNobody(plan: Plan, policy: readonly ToolPolicy[]): boolean {
  return plan.steps.every((step) => step.late === undefined && policyFor(policy, step).ask === "never");
}

function fromState(digest: string, { plan, decisions, steps }: Claimed): Said {
  const rulingsOn = (step: string) => steps[step]?.rulings ?? [];
  const last = decisions.findLast((one) => one.digest === digest);
  if (last === undefined || plan.digest !== digest) return { isEnded: false, rulingsOn };
  if (!approves(last)) return { isEnded: true, rulingsOn };
  const { autonomy, by } = last;
  const approval = { plan, ...(autonomy ? { autonomy } : {}), ...(by ? { by: by.id } : {}) };
  return { isEnded: false, rulingsOn, approval };
}

function approves({ type }: Decision): boolean {
  return type === "approve" || type === "edit";
}

function fromReceipts(digest: string, receipts: readonly Receipt[], specs: readonly ToolSpec[]): Said {
  const rulings = new Map<string, Ruling[]>();
  const said: Said = { isEnded: false, rulingsOn: (step) => rulings.get(step) ?? [] };
  for (const { question, answer, actor, at } of receipts) {
    if (!isRecord(question) || !isRecord(answer)) continue;
    if (question.type === "plan_review") {
      const plan = planApprovedBy(digest, question.plan as Plan, answer, specs);
      const autonomy = answer.autonomy ? { autonomy: answer.autonomy as Autonomy } : {};
      if (plan) said.approval ??= { plan, by: actor.id, ...autonomy };
      continue;
    }
    const asked = toAsked(question);
    if (asked?.digest !== digest) continue;
    if (answer.type === "cancel" || answer.type === "replan") return { ...said, isEnded: true };
    rulings.set(asked.step, [...said.rulingsOn(asked.step), toRuling(question, answer, { by: actor, at })]);
  }
  return said;
}

function planApprovedBy(
  digest: string,
  asked: Plan,
  answer: Record<string, unknown>,
  specs: readonly ToolSpec[],
): Plan | undefined {
  // The digest is computed again: a question could be asked with any.
  if (answer.type === "approve") return digestOfPlan(asked) === digest ? asked : undefined;
  if (answer.type !== "edit") return undefined;
  const { id, revision, tools = {} } = asked;
  const judged = judgeProposal(answer.plan, specs, { id, revision: revision + 1, tools });
  return "plan" in judged && judged.plan.digest === digest ? judged.plan : undefined;
}

function toAsked(question: Record<string, unknown>): { digest: unknown; step: string } | undefined {
  const { type, plan, step } = question;
  if (type !== "step_failed" && type !== "step_review" && type !== "deviation_review") return undefined;
  if (!isRecord(plan) || !isRecord(step) || typeof step.id !== "string") return undefined;
  return { digest: plan.digest, step: step.id };
}

/** What an answer to a question about a step says, in one shape for the state and for the contract. */
export function toRuling(
  question: Record<string, unknown>,
  answer: Record<string, unknown>,
  signature: Pick<Ruling, "by" | "at">,
): Ruling {
  const on = question.type as Ruling["on"];
  const type = answer.type as Ruling["type"];
  const args = type === "edit" ? answer.args : question.args;
  return {
    on,
    type,
    // What was shown is what is called: late arguments are not written a second time.
    ...(isRecord(args) && on !== "deviation_review" && ["approve", "retry", "edit"].includes(type)
      ? { args }
      : {}),
    ...(on === "deviation_review" && type === "approve" ? { call: question.proposed as Call } : {}),
    ...(type === "skip" && answer.dependents === "run" ? { dependents: "run" as const } : {}),
    ...(type === "done" && typeof answer.output === "string" ? { output: answer.output } : {}),
    ...signature,
  };
}

/** What may be done about a step now. */
export type Verdict =
  | { type: "call"; args?: Record<string, unknown>; number: number }
  | { type: "ask"; ask: StepAsk }
  | { type: "refuse"; why: string };

export interface StepCheck {
  step: PlanStep;
  approval: Approval;
  specs: readonly ToolSpec[];
  policy: readonly ToolPolicy[];
  allowed: readonly AllowRule[];
}

/**
 * Compares the call that a step is about to make with what was approved. Tool, arguments, late rules and
 * order must be those of the approved step, and the tool what it was; a difference is shown to a person,
 * and a step that the plan has not is refused.
 */
export function checkStep({ step, approval, specs }: StepCheck): Verdict {
  const approved = approval.plan.steps.find(({ id }) => id === step.id);
  if (approved === undefined) {
    return { type: "refuse", why: "This step is not in the plan that was approved. It was not run." };
  }
  const spec = specs.find(({ name }) => name === step.tool);
  if (spec === undefined) {
    return { type: "refuse", why: `There is no tool ${step.tool} here any more. Make a new plan.` };
  }
  const rulings = approval.rulingsOn(step.id);
  const deviation = deviationOf(step, approved, spec, approval.plan);
  if (deviation !== undefined && !isPermitted(deviation.proposed, rulings)) {
    return { type: "ask", ask: deviation };
  }
  const args = rulings.findLast((ruling) => ruling.args !== undefined)?.args;
  return { type: "call", number: triesSaid(rulings) + 1, ...(args ? { args } : {}) };
}

/** How often people said, after a failure, to try again. */
export function triesSaid(rulings: readonly Ruling[]): number {
  return rulings.filter(({ on, type }) => on === "step_failed" && (type === "retry" || type === "edit"))
    .length;
}

/**
 * Why the call must be shown to a person before it is made, if it must.
 *
 * @param args - All arguments, late ones filled.
 */
export function reviewOf(
  { step, approval, policy, allowed }: StepCheck,
  args: Record<string, unknown>,
): ReviewCause | undefined {
  const call = { tool: step.tool, args };
  // Somebody has just seen these very arguments: as a review, or as a call that failed.
  const isSeen = approval
    .rulingsOn(step.id)
    .some((ruling) => canonicalJson(ruling.args) === canonicalJson(args));
  if (isSeen || isAllowed(allowed, call)) return undefined;
  if (policyFor(policy, call).ask === "always") return "policy";
  if (!isRisky(step.risk) || approval.autonomy === "through") return undefined;
  if (approval.autonomy === "stop_before_risky") return "autonomy";
  return step.late === undefined ? undefined : "late";
}

function deviationOf(
  step: PlanStep,
  approved: PlanStep,
  spec: ToolSpec,
  plan: Plan,
): Extract<StepAsk, { type: "deviation_review" }> | undefined {
  const pinned = plan.tools?.[approved.tool];
  const now = digestOfTool(spec);
  const isSameStep = contractOf(step) === contractOf(approved);
  const isSameTool = step.tool !== approved.tool || pinned === undefined || pinned.digest === now;
  if (isSameStep && isSameTool) return undefined;
  return {
    type: "deviation_review",
    reason: isSameStep
      ? `The tool ${step.tool} is not what it was when the plan was approved: its description, its arguments or its risk has changed.`
      : "The call is not the one that was approved.",
    approved: toCall(approved, pinned),
    proposed: toCall(step, { description: spec.description, digest: now }),
  };
}

function toCall({ tool, args, late }: PlanStep, known?: { description: string; digest: string }): Call {
  return {
    tool,
    args,
    ...(late ? { late } : {}),
    ...(known ? { description: known.description, toolDigest: known.digest } : {}),
  };
}

function isPermitted(call: Call, rulings: readonly Ruling[]): boolean {
  const wanted = canonicalJson(call);
  return rulings.some((ruling) => ruling.call !== undefined && canonicalJson(ruling.call) === wanted);
}
