import type { Turn } from "./offline-conversation.ts";
import { stepsIn } from "./offline-feedback-filter.ts";
import { parseIntents } from "./offline-intents.ts";
import { hasPath } from "./offline-language.ts";
import { replyToRequest } from "./offline-planning.ts";
import type { Reply } from "./offline-reply.ts";
import { tellEffect, tellLasting, tellTouched, tellWritten } from "./offline-step-words.ts";
import { type Proposal, type Step, subjectOf } from "./offline-steps.ts";
import type { BoundTools } from "./offline-tools.ts";
import { joinWords, plural } from "./offline-workspace.ts";

/** A question about a plan, and the steps that it is about: all of them when it names none. */
interface Asked {
  question: string;
  plan: Proposal;
  steps: readonly Step[];
  isNamed: boolean;
}

type Answer = (asked: Asked) => string | undefined;

/** What can be said of a plan, the more telling words first. */
const answers: [RegExp, Answer][] = [
  [
    /^(?:please\s+)?(?:don['’]?t|do not|skip|remove|drop|leave out|add|change|rename|use|write|put|instead|only|rather|make)\b/i,
    () =>
      "Answering changes nothing in the plan. When it should be different, send it back, and say there what should change.",
  ],
  [/\bhow many steps\b/i, ({ plan }) => `The plan has ${plural(plan.steps.length, "step")}.`],
  [/\bassum/i, ({ plan }) => tellAssumptions(plan)],
  [/\bwhy\b|\bwhat\b.*\bfor\b|\breasons?\b|\bpurpose\b|\bneeded\b|\bnecessary\b/i, tellWhy],
  [
    /\b(?:un ?do|undone|reversib\w*|irreversib\w*|risk\w*|danger\w*|safe|harm\w*|los[et]\w*|lost|destr\w*|delet\w*|remov\w*|over ?writ\w*|replac\w*)\b/i,
    ({ steps, plan, isNamed }) => {
      const byNumber = (step: Step) => numberOf(plan, step);
      return tellLasting(steps, isNamed ? joinWords(steps.map(byNumber)) : "this plan", byNumber);
    },
  ],
  [/\b(?:order|first|before|after|waits?|parallel|same time|depends?|needs?)\b/i, tellOrder],
  [
    /\bwhat\b.*\b(?:writ\w*|written|content\w*|text|contain\w*|goes? in(?:to)?|look like|say|be in|put in)\b|\bcontents?\b/i,
    tellContent,
  ],
  [
    /\b(?:touch\w*|chang\w*|affect\w*|modif\w*|alter\w*|creat\w*|happens? to|(?:do|does|done) (?:with|to)|where|(?:which|what) files?(?!.*\b(?:mention|contain|include|ha(?:s|ve)))\b)\b/i,
    ({ steps, plan }) => tellTouched(steps, (step) => numberOf(plan, step)),
  ],
];

const general =
  /\b(?:what|how|which|explain|describe|tell)\b.*\b(?:do|does|doing|happens?|steps?|plan|works?|run)\b|^(?:explain|describe)\b/i;

/** Characters of a question that are looked at. */
const mostAsked = 2_000;

/**
 * Answers a question about a plan (docs/model-contract.md, 4): what a step does, why, what it touches, in which
 * order; what is in a file, by reading it. Anything else it says that it cannot answer.
 */
export function answerAboutPlan(turn: Turn, asking: string, tools: BoundTools): Reply {
  // More is no question, and the rules would take long.
  const question = asking.slice(0, mostAsked);
  const plan = turn.proposal;
  if (plan === undefined) return { text: "There is no plan here that I could tell about." };
  const named = stepsNamed(question, plan.steps);
  const isNamed = named.length > 0;
  const asked: Asked = { question, plan, isNamed, steps: isNamed ? named : plan.steps };
  for (const [pattern, answer] of answers) {
    const told = pattern.test(question) ? answer(asked) : undefined;
    if (told !== undefined) return { text: told };
  }
  const isOfSteps =
    stepsIn(question, plan.steps).length > 0 || (general.test(question) && !hasPath(question));
  const read = isOfSteps ? undefined : answerByReading(turn, question, tools);
  return read ?? { text: isNamed || isOfSteps ? tellSteps(asked) : tellUnable(plan) };
}

/** By number, by id, or by the file that they are about. */
function stepsNamed(question: string, steps: readonly Step[]): Step[] {
  const named = stepsIn(question, steps);
  if (named.length > 0) return named;
  const words = question.split(/[\s,;:()“”"'`?!]+/).map((word) => word.replace(/\.$/, ""));
  return steps.filter((step) =>
    [subjectOf(step), step.args.to].some((path) => typeof path === "string" && words.includes(path)),
  );
}

function numberOf({ steps }: Proposal, { id }: Step): string {
  return `step ${steps.findIndex((step) => step.id === id) + 1}`;
}

function tellSteps({ steps, plan }: Asked): string {
  const lines = steps.map((step) => {
    const why = step.why === "" ? "" : ` ${step.why}`;
    return `- **${numberOf(plan, step)}**, “${step.title}”: ${tellEffect(step)}${why}`;
  });
  return lines.join("\n");
}

function tellWhy({ steps, plan, isNamed }: Asked): string {
  const lines = steps.map(
    (step) =>
      `- **${numberOf(plan, step)}**, “${step.title}”: ${step.why === "" ? "the plan gives no reason." : step.why}`,
  );
  return [...(isNamed || plan.summary === "" ? [] : [plan.summary]), lines.join("\n")].join("\n\n");
}

function tellAssumptions({ assumptions }: Proposal): string {
  if (assumptions.length === 0) return "The plan states no assumption.";
  return `The plan assumes:\n\n${assumptions.map((one) => `- ${one}`).join("\n")}`;
}

function tellOrder({ steps, plan }: Asked): string {
  const byId = new Map(plan.steps.map((step) => [step.id, step]));
  const lines = steps.map((step) => {
    const before = step.after.flatMap((id) => byId.get(id) ?? []).map((one) => numberOf(plan, one));
    const when = before.length === 0 ? "waits for nothing" : `waits for ${joinWords(before)}`;
    return `- **${numberOf(plan, step)}**, “${step.title}”: ${when}.`;
  });
  return `${lines.join("\n")}\n\nSteps that do not wait for one another may run at the same time.`;
}

/** Only where a step writes something: else the question is about a file as it is. */
function tellContent({ steps, plan }: Asked): string | undefined {
  const written = steps.flatMap((step) => {
    const told = tellWritten(step, (rule) => inNumbers(rule, plan));
    return told === undefined ? [] : [`**${numberOf(plan, step)}**, “${step.title}”: ${told}`];
  });
  return written.length === 0 ? undefined : written.join("\n\n");
}

/** Rules name steps by id; the person sees them by number. */
function inNumbers(rule: string, plan: Proposal): string {
  const byId = new Map(plan.steps.map((step) => [step.id, step]));
  return rule.replace(/[\w-]+/g, (word) => {
    const step = byId.get(word);
    return step === undefined ? word : numberOf(plan, step);
  });
}

function answerByReading(turn: Turn, question: string, tools: BoundTools): Reply | undefined {
  const intents = parseIntents(question);
  const isReading =
    intents.length > 0 && intents.every(({ do: wish }) => ["answer", "sum", "talk"].includes(wish));
  if (!isReading) return undefined;
  const reply = replyToRequest({ ...turn, request: question, proposal: undefined, rejections: [] }, tools);
  const isAllowed = "text" in reply || reply.calls.every(({ name }) => tools.names.has(name));
  return isAllowed ? reply : undefined;
}

function tellUnable({ steps }: Proposal): string {
  return `I cannot answer that: I am the offline rehearsal model and go by simple rules. Of this plan with ${plural(steps.length, "step")} I can tell what a step does (“what does step 1 do?”), why it is there, which files it touches, what it writes, what it waits for, and what cannot be undone; and I can look into files (“what is in todo.md?”).`;
}
