import type { PlanReview } from "countersign/agent";
import { type Clarification, toClarification } from "./clarifications.ts";
import { type Doubt, toDoubt } from "./doubts.ts";
import { allowedOf, isRecord, type JsonRecord, stringsOf, textOf } from "./json.ts";
import {
  type Deviation,
  type StepFailed,
  type StepReview,
  toDeviation,
  toStepFailed,
  toStepReview,
} from "./step-questions.ts";
import { type ToolRequests, toToolRequests } from "./tool-requests.ts";
import { words } from "./words.ts";

/** An open interrupt as the stream has it. */
export interface OpenInterrupt {
  interruptId: string;
  value: unknown;
}

/** What the stream does not say of an open interrupt. */
export interface QuestionDetails {
  /** JSON Schema of the answer. */
  schema: JsonRecord | null;
  /** Ids or roles of those who may answer; empty: everybody who may write to the thread. */
  assignees: string[];
  /** ISO 8601. */
  openedAt: string;
  expiresAt: string | null;
  onExpiry: "hold" | "answer" | "cancel";
}

/** What is asked, by the card that shows it. */
export type Asked =
  | { kind: "plan"; review: PlanReview }
  | { kind: "doubt"; doubt: Doubt }
  | { kind: "step_failed"; asked: StepFailed }
  | { kind: "step_review"; asked: StepReview }
  | { kind: "deviation"; asked: Deviation }
  | { kind: "clarification"; asked: Clarification }
  | { kind: "tools"; asked: ToolRequests }
  | { kind: "form"; schema: JsonRecord }
  | { kind: "other" };

export type QuestionKind = Asked["kind"];

export type Question = OpenInterrupt & {
  /** Null until they are known. */
  details: QuestionDetails | null;
} & Asked;

/** What any graph asks, recognised by its shape; what none of the cards knows is `form` or `other`. */
export function toQuestion(open: OpenInterrupt, details: QuestionDetails | null): Question {
  return { ...open, details, ...toAsked(open, details) };
}

function toAsked(open: OpenInterrupt, details: QuestionDetails | null): Asked {
  const { value } = open;
  const doubt = toDoubt(open);
  if (doubt !== null) return { kind: "doubt", doubt };
  if (isPlanReview(value)) return { kind: "plan", review: toWhole(value) };
  const failed = toStepFailed(value);
  if (failed !== null) return { kind: "step_failed", asked: failed };
  const review = toStepReview(value);
  if (review !== null) return { kind: "step_review", asked: review };
  const deviation = toDeviation(value);
  if (deviation !== null) return { kind: "deviation", asked: deviation };
  const clarification = toClarification(value);
  if (clarification !== null) return { kind: "clarification", asked: clarification };
  const tools = toToolRequests(value);
  if (tools !== null) return { kind: "tools", asked: tools };
  const schema = details?.schema ?? null;
  return schema === null ? { kind: "other" } : { kind: "form", schema };
}

/** True for a review of a plan that a card can show and decide on. */
export function isPlanReview(value: unknown): value is PlanReview {
  if (!isRecord(value) || value.type !== "plan_review" || !isRecord(value.plan)) return false;
  const { digest, steps, title, assumptions } = value.plan;
  return (
    typeof digest === "string" &&
    typeof title === "string" &&
    Array.isArray(assumptions) &&
    Array.isArray(steps) &&
    steps.every((step) => isRecord(step) && typeof step.tool === "string" && isRecord(step.args))
  );
}

const choices = ["approve", "edit", "reject", "ask", "cancel"] as const;
/** What can be said to a plan of which nothing else is said. */
const usual = choices.filter((choice) => choice !== "ask");

/** A graph of somebody else may leave out what ours always says. */
function toWhole(review: PlanReview): PlanReview {
  const { allowed, plan } = review as { allowed?: unknown; plan: PlanReview["plan"] };
  return {
    ...review,
    allowed: Array.isArray(allowed) ? allowedOf(choices, allowed) : [...usual],
    plan: { ...plan, steps: plan.steps.map((step) => ({ ...step, after: stringsOf(step.after) })) },
  };
}

/** What is asked, in a line. */
export function headlineOf(question: Question): string {
  switch (question.kind) {
    case "plan":
      return question.review.plan.title;
    case "doubt": {
      const { title, tool } = question.doubt;
      return words.headline.doubt(title ?? tool);
    }
    case "step_failed":
      return words.headline.failed(question.asked.step.title);
    case "step_review":
      return words.headline.review(question.asked.step.title);
    case "deviation":
      return words.headline.deviation(question.asked.step.title);
    case "clarification":
      return question.asked.question;
    case "tools": {
      const [first, ...rest] = question.asked.requests;
      return words.headline.calls(first?.name, rest.length);
    }
    default:
      return wordsIn(question.value) ?? words.question.agentAsks;
  }
}

const wordKeys = ["question", "message", "prompt", "title", "text", "description", "instructions"];

/** The words meant for a person in a value of any shape, or null when nothing in it looks like that. */
export function wordsIn(value: unknown): string | null {
  if (!isRecord(value)) return textOf(value);
  return wordKeys.map((key) => textOf(value[key])).find((text) => text != null) ?? null;
}

/** All of a value but its words: what a card shows beneath them; undefined when nothing is left. */
export function restOf(value: unknown): unknown {
  if (!isRecord(value)) return typeof value === "string" ? undefined : value;
  const key = wordKeys.find((one) => textOf(value[one]) !== null);
  const rest = Object.entries(value).filter(([name]) => name !== key);
  return rest.length > 0 ? Object.fromEntries(rest) : undefined;
}
