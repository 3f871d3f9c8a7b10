import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import type { Proposal, Step } from "./offline-steps.ts";

/** What the model knows of a read-only call: its result, or that it is still to be made, or cannot be. */
export type Reading =
  | { state: "done"; text: string }
  | { state: "failed"; error: string }
  | { state: "pending" }
  | { state: "unavailable" };

export interface Rejection {
  feedback: string;
  keep: string[];
  comments: Record<string, string>;
}

/** How a step of a plan that ran went, as the agent tells it. */
export interface StepResult {
  step: string;
  title: string;
  tool: string;
  args: Record<string, unknown>;
  filled: Record<string, unknown>;
  status: string;
  output?: string;
  error?: string;
}

/** Everything since the person's last message. */
export interface Turn {
  request: string;
  /** What the person and the plans before spoke of last: what "it" may mean. */
  mentioned: string[];
  /** Results of read-only calls, by {@link callKey}. */
  readings: Map<string, Reading>;
  /** The last proposal, valid or not. */
  proposal: Proposal | undefined;
  /** Ids of the steps of all proposals. */
  usedIds: Set<string>;
  /** Rejections of the last valid proposal that no new proposal has answered yet. */
  rejections: Rejection[];
  /** What was wrong with the last proposal, and how many in a row were wrong. */
  error: string | undefined;
  errors: number;
  isCancelled: boolean;
  /** What the person wants to know about the last proposal. */
  question: string | undefined;
  results: StepResult[] | undefined;
}

/** The same for the same call, whatever the order of its arguments. */
export function callKey(tool: string, args: Record<string, unknown>): string {
  return JSON.stringify([tool, Object.entries(args).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/** Reads the messages since the last human one, as docs/model-contract.md describes them. */
export function readTurn(messages: readonly BaseMessage[]): Turn {
  const at = messages.findLastIndex((message) => HumanMessage.isInstance(message));
  const turn: Turn = {
    request: at === -1 ? "" : (messages[at]?.text ?? ""),
    mentioned: mentionedIn(messages.slice(0, Math.max(0, at))),
    readings: new Map(),
    proposal: undefined,
    usedIds: new Set(),
    rejections: [],
    error: undefined,
    errors: 0,
    isCancelled: false,
    question: undefined,
    results: undefined,
  };
  const calls = new Map<string, { name: string; args: Record<string, unknown> }>();
  for (const message of messages.slice(at + 1)) {
    if (AIMessage.isInstance(message)) {
      for (const { id = "", name, args } of message.tool_calls ?? []) {
        calls.set(id, { name, args });
        if (name === "propose_plan") takeProposal(turn, args);
      }
    } else if (ToolMessage.isInstance(message)) {
      const call = calls.get(message.tool_call_id);
      if ((call?.name ?? message.name) === "propose_plan") takeDecision(turn, message.text);
      else if (call !== undefined) turn.readings.set(callKey(call.name, call.args), toReading(message));
    }
  }
  return turn;
}

function toReading(message: ToolMessage): Reading {
  return message.status === "error"
    ? { state: "failed", error: message.text }
    : { state: "done", text: message.text };
}

function takeProposal(turn: Turn, args: Record<string, unknown>): void {
  const { title, summary, assumptions, steps } = args as Partial<Proposal>;
  turn.proposal = {
    title: String(title ?? ""),
    summary: String(summary ?? ""),
    assumptions: Array.isArray(assumptions) ? assumptions.map(String) : [],
    steps: Array.isArray(steps) ? steps.map(toStep) : [],
  };
  for (const { id } of turn.proposal.steps) turn.usedIds.add(id);
  turn.rejections = [];
  turn.error = undefined;
}

/** Fills in what another model may have left out: without `after`, a step waits for the one before it. */
function toStep(step: Partial<Step>, index: number, all: readonly Partial<Step>[]): Step {
  const before = all[index - 1]?.id;
  return {
    ...step,
    id: String(step.id ?? `s${index + 1}`),
    title: String(step.title ?? ""),
    why: String(step.why ?? ""),
    tool: String(step.tool ?? ""),
    args: { ...step.args },
    after: step.after ?? (before === undefined ? [] : [before]),
  };
}

function takeDecision(turn: Turn, content: string): void {
  const told = parseObject(content);
  if (typeof told.error === "string") {
    turn.error = told.error;
    turn.errors += 1;
    return;
  }
  turn.errors = 0;
  if (Array.isArray(told.results)) turn.results = told.results.map(toResult);
  if (told.decision === "cancel") turn.isCancelled = true;
  if (told.decision === "ask") turn.question = String(told.question ?? "");
  if (told.decision !== "reject") return;
  const { keep, comments } = told;
  turn.rejections.push({
    feedback: typeof told.feedback === "string" ? told.feedback : "",
    keep: Array.isArray(keep) ? keep.map(String) : [],
    comments: isObject(comments)
      ? Object.fromEntries(Object.entries(comments).map(([id, text]) => [id, String(text)]))
      : {},
  });
}

function toResult(value: unknown): StepResult {
  const { step, title, tool, args, filled, status, output, error } = isObject(value) ? value : {};
  return {
    step: String(step ?? ""),
    title: String(title ?? ""),
    tool: String(tool ?? ""),
    args: isObject(args) ? args : {},
    filled: isObject(filled) ? filled : {},
    status: String(status ?? "waiting"),
    ...(typeof output === "string" ? { output } : {}),
    ...(typeof error === "string" ? { error } : {}),
  };
}

/** An empty object for anything else than a JSON object. */
export function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Paths in earlier plans and messages, the latest first. */
function mentionedIn(messages: readonly BaseMessage[]): string[] {
  return messages.toReversed().flatMap((message) => {
    if (HumanMessage.isInstance(message))
      return (message.text.match(/[\w./-]+\.[A-Za-z]\w{0,9}/g) ?? []).toReversed();
    if (!AIMessage.isInstance(message)) return [];
    const plans = (message.tool_calls ?? []).filter(({ name }) => name === "propose_plan");
    const steps = plans.flatMap(({ args }) =>
      Array.isArray(args.steps) ? (args.steps as Partial<Step>[]) : [],
    );
    return steps
      .toReversed()
      .flatMap(({ args = {} }) => [args.to, args.path].filter((path) => typeof path === "string"));
  });
}
