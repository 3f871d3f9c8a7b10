import type { AIMessage, BaseMessage } from "@langchain/core/messages";
import { isRecord } from "../protocol/json.ts";
import { type AgentContext, type NodeConfig, tell } from "./context.ts";
import { evidenceOf } from "./evidence.ts";
import type { Plan, PlanStep } from "./plan.ts";
import { contractOf, type Judged, judgeProposal, proposePlanName } from "./proposal.ts";
import { askPersonName, maxQuestions, parseQuestion, questionsAsked } from "./question.ts";
import { type CallAnswer, readNow, toToolMessage } from "./read-now.ts";

/** The revision being written, the one before it, and the steps of that one which must stay as they are. */
export interface Target {
  id: string;
  revision: number;
  previous: Plan | null;
  keep: string[];
  /** Steps of that one which are done: they stay, and do not run again. */
  done: PlanStep[];
}

interface Turn {
  context: AgentContext;
  config: NodeConfig;
  target: Target;
  /** The conversation before this node. */
  messages: readonly BaseMessage[];
  /** What was said in this node; the answers to the calls are put behind it. */
  said: BaseMessage[];
}

type Call = NonNullable<AIMessage["tool_calls"]>[number];

/**
 * What the calls of a message came to: a plan for the person, a question to them, something to put right,
 * or nothing but readings.
 */
export type Verdict = { plan: Plan } | "question" | "invalid" | undefined;

/**
 * Answers the tool calls of a message: reading tools with their result, everything that is not allowed
 * with why; a valid proposal, and a question, with nothing yet: that answer is the person's.
 */
export async function answerCalls(message: AIMessage, turn: Turn): Promise<Verdict> {
  let verdict: Verdict;
  const calls = message.tool_calls ?? [];
  const asking = calls.find((call) => call.name === askPersonName && isAskable(call, turn));
  if (asking !== undefined) verdict = "question";
  for (const call of calls) {
    if (call === asking) continue;
    if (call.name === askPersonName) {
      reply(turn, call, refuseQuestion(call, asking));
      verdict ??= "invalid";
    } else if (call.name !== proposePlanName) {
      const refusal = `${call.name} may only run as a step of a plan that the person approved. Propose it with propose_plan.`;
      reply(turn, call, await readNow(turn.context, call, { config: turn.config, refusal }));
    } else if (verdict === "question" || typeof verdict === "object") {
      const first = verdict === "question" ? "The question comes first" : "One plan at a time: the first one";
      reply(turn, call, refuse(`${first} is shown.`));
    } else {
      const judged = judge(call.args, turn);
      if ("plan" in judged) verdict = judged;
      else {
        verdict = "invalid";
        reply(turn, call, refuse(judged.issues.join("; ")));
      }
    }
  }
  if (typeof verdict === "object") {
    const { id, revision } = verdict.plan;
    tell(turn.config, "plan", `${id}/${revision}`, { revision, plan: verdict.plan });
  }
  return verdict;
}

function reply({ said }: Turn, call: Call, answer: CallAnswer): void {
  said.push(toToolMessage(call, answer));
}

function refuse(error: string): CallAnswer {
  return { text: JSON.stringify({ error }), isError: true };
}

function isAskable({ args }: Call, { messages, said }: Turn): boolean {
  return questionsAsked([...messages, ...said]) < maxQuestions && "question" in parseQuestion(args);
}

function refuseQuestion({ args }: Call, asking: Call | undefined): CallAnswer {
  const parsed = parseQuestion(args);
  if ("issues" in parsed) return refuse(parsed.issues);
  if (asking !== undefined) return refuse("One question at a time: the first one is asked.");
  return refuse(
    `${maxQuestions} questions were asked, which is enough: propose a plan, and state what you assume.`,
  );
}

/** The proposal as a plan, with what it rests on; steps that the person keeps must be word for word the same. */
function judge(args: unknown, { context, target, messages, said }: Turn): Judged {
  const { id, revision, previous, keep, done } = target;
  const judged = judgeProposal(withDone(args, done), context.specs, { id, revision });
  if (!("plan" in judged)) return judged;
  const steps = previous?.steps.filter((step) => keep.includes(step.id)) ?? [];
  const kept = new Map(steps.map((step) => [step.id, step]));
  const issues = steps.flatMap((before) => {
    const after = judged.plan.steps.find((step) => step.id === before.id);
    if (contractOf(before) === contractOf(after)) return [];
    return [`the person keeps step ${before.id} as it was: ${contractOf(before)}`];
  });
  if (issues.length > 0) return { issues };
  const evidence = evidenceOf([...messages, ...said], context.specs);
  return {
    plan: {
      ...judged.plan,
      ...(evidence.length > 0 ? { evidence } : {}),
      // Word for word: title and reason too, which the contract does not cover.
      steps: judged.plan.steps.map((step) => kept.get(step.id) ?? step),
    },
  };
}

/** What has happened stays in the plan as it was, whether the model repeats it, changes it or leaves it out. */
function withDone(args: unknown, done: readonly PlanStep[]): unknown {
  if (done.length === 0 || !isRecord(args) || !Array.isArray(args.steps)) return args;
  const written: unknown[] = args.steps;
  const idOf = (step: unknown) => (isRecord(step) ? step.id : undefined);
  const ids = new Set(written.map(idOf));
  const steps = [
    ...done.filter(({ id }) => !ids.has(id)),
    ...written.map((step) => done.find(({ id }) => id === idOf(step)) ?? step),
  ];
  const all = new Set(steps.map(idOf));
  const kept = (step: unknown) =>
    done.includes(step as PlanStep)
      ? { ...(step as PlanStep), after: (step as PlanStep).after.filter((id) => all.has(id)) }
      : step;
  return { ...args, steps: steps.map(kept) };
}
