import type { BaseMessage } from "@langchain/core/messages";
import type { Changes, Decision, Plan, PlanRecord, PlanReview, PlanStep } from "../agent/index.ts";
import { isRecord } from "../protocol/json.ts";
import type { Moment } from "./conversation.ts";
import { mergeSteps, type ShownStep } from "./steps.ts";

/** A part of what is shown. Once `isFinal`, it does not change any more, and can be printed for good. */
export type Block = {
  key: string;
  isFinal: boolean;
} /** `isAside`: a question about the plan that waits, which stays in hand. */ & (
  | { type: "person"; text: string; isAside: boolean }
  /** One line of what the agent says. */
  | { type: "agent"; text: string; isFirst: boolean }
  | { type: "reading"; tool: string; args: Record<string, unknown>; isError: boolean }
  | { type: "correction"; issues: string }
  | { type: "plan"; plan: Plan; changes: Changes | undefined }
  | { type: "decision"; decision: Decision }
  | { type: "step"; step: PlanStep; number: number; state: ShownStep; callId: string }
);

const proposePlan = "propose_plan";

/** What is to be seen, in order: derived from the thread alone, so that whoever comes back sees the same. */
export function toBlocks(moment: Moment): Block[] {
  const { messages, plan, decisions } = moment;
  const results = resultsIn(messages);
  const isRecorded = [...results.values()].some(({ record }) => record?.plan.digest === plan?.digest);
  const decision = decisions.findLast(({ digest }) => digest === plan?.digest);
  /** The proposal that nobody has answered yet is the plan in hand. */
  const proposal = messages
    .flatMap((message) => (message.type === "ai" ? callsOf(message) : []))
    .findLast(({ name, id }) => name === proposePlan && !results.has(id));
  const isOf = (message: BaseMessage) =>
    message.type === "ai" && callsOf(message).some(({ id }) => id === proposal?.id);
  const since = proposal === undefined ? [] : messages.slice(messages.findLastIndex(isOf) + 1);
  const known = {
    isLeft: since.some((message) => message.type === "human" && !isAboutPlan(message)),
    isAsked: since.some(isAboutPlan),
    ...(decision === undefined ? {} : { decision }),
  };
  const inHand = plan === null || isRecorded ? [] : ofPlan(plan, moment, known);
  const blocks: Block[] = [];
  /** What became of a plan comes behind what was asked about it. */
  let outcome: Block[] = [];
  let isAside = false;
  for (const [index, message] of messages.entries()) {
    const id = message.id ?? String(index);
    if (message.type !== "ai") isAside = isAboutPlan(message);
    if (message.type === "human" && !isAside) blocks.push(...outcome.splice(0));
    if (message.type === "human") {
      const said = { text: textOf(message).trim(), isAside };
      blocks.push({ key: `person:${id}`, isFinal: true, type: "person", ...said });
    }
    if (message.type !== "ai") continue;
    if (!isAside || !mayAnswer(message)) blocks.push(...outcome.splice(0));
    blocks.push(...linesOf(id, textOf(message), moment.isLoading && index === messages.length - 1));
    for (const call of callsOf(message)) {
      const shown = call.id === proposal?.id ? inHand : ofCall(call, results.get(call.id), moment);
      blocks.push(...shown.slice(0, 1));
      outcome = [...outcome, ...shown.slice(1)];
    }
  }
  return [...blocks, ...outcome, ...(proposal === undefined ? inHand : [])];
}

/** True for a question about the plan that waits: its id says so. */
function isAboutPlan({ id = "" }: BaseMessage): boolean {
  return id.startsWith("about-plan:");
}

/** False when it is known that another node said it, as it is of what is being streamed. */
function mayAnswer({ additional_kwargs: { namespace } = {} }: BaseMessage): boolean {
  return !Array.isArray(namespace) || String(namespace[0]).startsWith("answer_question:");
}

/**
 * Those that may be printed for good now: what follows something that still changes waits for it, so that it all
 * stands in order. Steps run side by side and wait for nobody, and nothing waits for what an earlier request has
 * left unfinished.
 */
export function printable(blocks: readonly Block[]): Block[] {
  const since = blocks.findLastIndex((block) => block.type === "person" && !block.isAside);
  let isHeldUp = false;
  return blocks.filter((block, index) => {
    if (index <= since) return block.isFinal;
    if (!block.isFinal) isHeldUp = true;
    return block.isFinal && (block.type === "step" || !isHeldUp);
  });
}

function ofCall({ id, name, args }: Call, result: Result | undefined, moment: Moment): Block[] {
  if (name !== proposePlan) {
    const isFinal = result !== undefined || !moment.isLoading;
    return [
      { key: `reading:${id}`, isFinal, type: "reading", tool: name, args, isError: result?.isError ?? false },
    ];
  }
  if (result?.record !== undefined) return ofPlan(result.record.plan, moment, result.record);
  if (result?.issues === undefined) return [];
  return [{ key: `correction:${id}`, isFinal: true, type: "correction", issues: result.issues }];
}

/** A plan, what was decided, and each of its steps, as far as they are. */
function ofPlan(
  plan: Plan,
  moment: Moment,
  {
    decision,
    steps,
    isLeft = false,
    isAsked = false,
  }: Partial<Pick<PlanRecord, "decision" | "steps">> & { isLeft?: boolean; isAsked?: boolean },
): Block[] {
  const { digest } = plan;
  const review = reviewOf(moment, plan);
  const changes = review?.changes ?? (decision?.type === "edit" ? decision.changes : undefined);
  // What it changes is said by the question, which comes a moment after the plan itself.
  const isSettled = review !== undefined || decision !== undefined || isLeft || isAsked;
  const blocks: Block[] = [{ key: `plan:${digest}`, isFinal: isSettled, type: "plan", plan, changes }];
  if (decision === undefined) return blocks;
  blocks.push({ key: `decision:${digest}`, isFinal: true, type: "decision", decision });
  if (decision.type !== "approve" && decision.type !== "edit") return blocks;
  const shown = mergeSteps(plan, steps === undefined ? moment : { ...moment, steps, stepEvents: [] });
  for (const [index, step] of plan.steps.entries()) {
    const state = shown[step.id] ?? { status: "waiting" };
    const isFinal = state.finishedAt !== undefined || ["skipped", "done", "failed"].includes(state.status);
    const key = `step:${digest}:${step.id}:${isFinal ? `${state.status}:${state.finishedAt ?? ""}` : ""}`;
    const callId = `${plan.id}:${step.id}`;
    blocks.push({ key, isFinal, type: "step", step, number: index + 1, state, callId });
  }
  return blocks;
}

/** The open question about this very plan. */
function reviewOf({ questions }: Moment, { digest }: Plan): PlanReview | undefined {
  return questions
    .map(({ value }) => value as PlanReview)
    .find((value) => value?.type === "plan_review" && value.plan?.digest === digest);
}

/** Each line is a block, so that what is said is printed line by line while it comes. */
function linesOf(id: string, text: string, isGrowing: boolean): Block[] {
  const lines = text.trim() === "" ? [] : text.trimStart().split("\n");
  while (!isGrowing && lines.at(-1)?.trim() === "") lines.pop();
  return lines.map((line, index) => ({
    key: `agent:${id}:${index}`,
    isFinal: !isGrowing || index < lines.length - 1,
    type: "agent",
    text: line,
    isFirst: index === 0,
  }));
}

interface Call {
  id: string;
  name: string;
  args: Record<string, unknown>;
}

function callsOf(message: BaseMessage): Call[] {
  const { tool_calls: calls = [] } = message as { tool_calls?: Partial<Call>[] };
  return calls.flatMap(({ id = "", name = "", args = {} }) => (name === "" ? [] : [{ id, name, args }]));
}

interface Result {
  record?: PlanRecord;
  /** Why a proposal was not valid. */
  issues?: string;
  isError: boolean;
}

/** What became of each call, by its id. */
function resultsIn(messages: readonly BaseMessage[]): Map<string, Result> {
  const results = new Map<string, Result>();
  for (const message of messages) {
    if (message.type !== "tool") continue;
    const { tool_call_id, status, artifact, name } = message as unknown as Record<string, unknown>;
    const isError = status === "error";
    const record = isRecord(artifact) && "plan" in artifact ? (artifact as unknown as PlanRecord) : undefined;
    const issues = record === undefined && name === proposePlan ? issuesIn(textOf(message)) : undefined;
    const found = { ...(record ? { record } : {}), ...(issues === undefined ? {} : { issues }) };
    results.set(String(tool_call_id), { isError, ...found });
  }
  return results;
}

function issuesIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === "string" ? error : undefined;
  } catch {
    return undefined;
  }
}

/** The text of a message, whatever the shape of its content. */
function textOf({ content }: BaseMessage): string {
  if (typeof content === "string") return content;
  return content
    .map((block) => ("text" in block && typeof block.text === "string" ? block.text : ""))
    .join("");
}
