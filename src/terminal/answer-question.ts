import type { Plan, PlanReview } from "../agent/index.ts";
import { isRecord } from "../protocol/json.ts";
import { schemaIssues } from "../protocol/json-schema.ts";
import type { Asker } from "./asker.ts";
import { type Choice, choicesOf, type Field } from "./choices.ts";
import { inWords, winnerOf } from "./commands.ts";
import type { Conversation, OpenQuestion } from "./conversation.ts";
import { describeEdit, parseText, toPlanText, toProposal, withIssues } from "./edit-plan.ts";
import type { Canvas } from "./render.ts";
import { renderQuestion } from "./render-question.ts";
import { toPlain, toVisible } from "./safe-text.ts";
import { UnreachableError } from "./server.ts";

export interface Answering {
  question: OpenQuestion;
  /** Where it stands among those that are open: `1 of 3`, or nothing. */
  position: string;
  conversation: Conversation;
  asker: Asker;
  canvas: () => Canvas;
  /** Prints for good. */
  say: (lines: readonly string[]) => void;
  /** Texts that were written and have not been sent, by question and field: they come back at the next try. */
  kept: Map<string, string>;
  /** Aborted when the question is not open any more. */
  signal: AbortSignal;
}

/**
 * Asks for an answer to one question until one has been accepted.
 *
 * @throws {@link Interrupted}, {@link Gone}, {@link Ended}
 */
export async function answerQuestion(answering: Answering): Promise<void> {
  const { question, position, asker, canvas, say, signal } = answering;
  const choices = choicesOf(question).filter(
    ({ fields }) => asker.canEdit || fields.every(({ editor }) => editor !== "plan"),
  );
  say(renderQuestion(question, canvas()));
  for (;;) {
    const { style } = canvas();
    const hints = choices.flatMap(({ hint }) => (hint === undefined ? [] : [style.dim(hint)]));
    const above = [...(position === "" ? [] : [style.dim(position)]), ...hints];
    const key = await asker.choose(above, choices, signal);
    const choice = choices.find((one) => one.key === key);
    if (choice === undefined) continue;
    const answer = await toAnswer(choice, answering);
    if (answer === undefined) continue;
    if (choice.confirm !== undefined && !(await isConfirmed(choice.confirm, answering))) continue;
    if (await give(answer.value, answering)) return;
  }
}

async function isConfirmed(question: string, { asker, signal }: Answering): Promise<boolean> {
  const options = [
    { key: "y", label: "yes" },
    { key: "n", label: "no" },
  ];
  return (await asker.choose([question], options, signal)) === "y";
}

/** Sends it. False when it was refused and the question is still open: why has been said then. */
async function give(value: unknown, answering: Answering): Promise<boolean> {
  const { question, conversation, canvas, say, kept } = answering;
  try {
    await conversation.answer(question.id, value);
    for (const key of [...kept.keys()]) if (key.startsWith(`${question.id}/`)) kept.delete(key);
    return true;
  } catch (error) {
    const { style } = canvas();
    const winner = winnerOf(error);
    if (winner !== undefined) say([style.warn(toPlain(inWords(winner)))]);
    else say([style.bad(toPlain((error as Error).message))]);
    if (!(error instanceof UnreachableError)) await conversation.refresh();
    return !conversation.now().questions.some(({ id }) => id === question.id);
  }
}

/** The whole answer; undefined to go back. */
async function toAnswer(choice: Choice, answering: Answering): Promise<{ value: unknown } | undefined> {
  const values: Record<string, unknown> = {};
  for (const field of choice.fields) {
    const filled = await fill(field, choice, answering);
    if (filled === undefined) return undefined;
    if (filled.value !== undefined) values[field.name] = filled.value;
  }
  return { value: choice.toAnswer(values) };
}

type Filled = { value: unknown } | undefined;

async function fill(field: Field, choice: Choice, answering: Answering): Promise<Filled> {
  const plan = planIn(answering.question);
  if (field.editor === "steps" && plan !== undefined) return leaveOut(plan, answering);
  if (field.editor === "plan" && plan !== undefined) return editPlan(plan, field, choice, answering);
  if (field.kind === "yaml" && answering.asker.canEdit) return editValue(field, answering);
  return typeIn(field, answering);
}

function planIn({ value }: OpenQuestion): Plan | undefined {
  return isRecord(value) && isRecord(value.plan) && Array.isArray(value.plan.steps)
    ? (value as unknown as PlanReview).plan
    : undefined;
}

/** Written in one line: text as it is, numbers, and JSON or what is none. */
async function typeIn(
  { name, label, kind, isOptional, initial }: Field,
  answering: Answering,
): Promise<Filled> {
  const { asker, signal, say, canvas, kept, question } = answering;
  const keptAs = `${question.id}/${name}`;
  const before = kept.get(keptAs) ?? (initial === undefined ? "" : asText(initial));
  const text = await asker.line(
    {
      label: toVisible(label),
      initial: before,
      hint: "enter sends it, esc goes back",
      mayBeEmpty: isOptional,
    },
    signal,
  );
  if (text === undefined) return undefined;
  kept.set(keptAs, text);
  if (text === "" && isOptional) return { value: undefined };
  if (kind === "text") return { value: text };
  const value = asJson(text);
  if (kind === "number" && typeof value !== "number") {
    say([canvas().style.bad(`${toVisible(label)}: that is no number.`)]);
    return undefined;
  }
  return { value };
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function leaveOut(plan: Plan, { asker, signal }: Answering): Promise<Filled> {
  const titles = plan.steps.map(({ title }) => toVisible(title).replaceAll("\n", " "));
  const kept = await asker.pick(
    "Which steps shall run? The others are left out, and the rest is approved.",
    titles,
    signal,
  );
  if (kept === undefined || kept.every(Boolean)) return undefined;
  return {
    value: toProposal(
      plan,
      plan.steps.filter((_step, index) => kept[index]),
    ),
  };
}

/** Opens the editor until what comes back is good, or the person goes back; the text stays either way. */
async function editPlan(plan: Plan, field: Field, choice: Choice, answering: Answering): Promise<Filled> {
  const fresh = toPlanText(plan);
  const judge = (value: unknown) =>
    schemaIssues(answering.question.response_schema, choice.toAnswer({ [field.name]: value }));
  const describe = (value: unknown) => describeEdit(plan, value);
  return editUntilGood({ name: field.name, fresh, fileName: "plan.yaml", judge, describe }, answering);
}

async function editValue({ name, label, initial }: Field, answering: Answering): Promise<Filled> {
  const { stringify } = await import("yaml");
  const comment = `# ${toVisible(label).replaceAll("\n", "\n# ")}, as YAML or JSON. An empty file sends nothing.\n`;
  const fresh = `${comment}${initial === undefined ? "" : stringify(initial, { lineWidth: 0 })}`;
  const describe = (value: unknown) => [toVisible(JSON.stringify(value))];
  return editUntilGood({ name, fresh, fileName: "answer.yaml", judge: () => [], describe }, answering);
}

interface Editing {
  name: string;
  fresh: string;
  fileName: string;
  judge: (value: unknown) => string[];
  describe: (value: unknown) => string[];
}

async function editUntilGood(
  { name, fresh, fileName, judge, describe }: Editing,
  { asker, signal, say, canvas, kept, question }: Answering,
): Promise<Filled> {
  const keptAs = `${question.id}/${name}`;
  for (;;) {
    const before = kept.get(keptAs) ?? fresh;
    let text: string;
    try {
      text = await asker.edit(before, fileName);
    } catch (error) {
      say([canvas().style.bad(toPlain((error as Error).message))]);
      return undefined;
    }
    signal.throwIfAborted();
    const parsed = parseText(text);
    const issues = "issues" in parsed ? parsed.issues : parsed.value === null ? [] : judge(parsed.value);
    const value = "value" in parsed ? parsed.value : null;
    if (issues.length === 0 && (value === null || text === fresh)) {
      kept.delete(keptAs);
      say([canvas().style.dim("Nothing was changed, and nothing sent.")]);
      return undefined;
    }
    const { style } = canvas();
    kept.set(keptAs, issues.length > 0 ? withIssues(text, issues) : text);
    const [lines, options] =
      issues.length > 0
        ? [issues.map((issue) => style.bad(`✗ ${toPlain(issue)}`)), [again]]
        : [describe(value).map((line) => style.warn(toVisible(line))), [send, again]];
    const key = await asker.choose(lines, [...options, goBack], signal);
    if (key === "a") return { value };
    if (key !== "e") return undefined;
  }
}

const send = { key: "a", label: "send it as edited" };
const again = { key: "e", label: "edit again" };
const goBack = { key: "b", label: "back (the text is kept)" };
