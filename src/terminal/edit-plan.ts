import { Document, parseDocument } from "yaml";
import type { Plan, PlanStep, Proposal } from "../agent/index.ts";
import { isRecord } from "../protocol/json.ts";

const heading = ` What you save here is what you approve: these tools run with these arguments.
 Leave a step out by deleting it. "after" names the steps that must be done before; "late" says how an
 argument is decided while the plan runs. Lines like this one do not count.
 Without changes, or with an empty file, nothing is sent.`;

/** A plan as text that a person edits: YAML, which takes JSON as well. */
export function toPlanText(plan: Plan): string {
  const document = new Document(toProposal(plan, plan.steps));
  document.commentBefore = heading;
  return document.toString({ lineWidth: 0, blockQuote: "literal" });
}

/** What was written, or what is wrong with it, with line numbers. */
export function parseText(text: string): { value: unknown } | { issues: string[] } {
  const document = parseDocument(text, { prettyErrors: true, strict: true, uniqueKeys: true });
  if (document.errors.length > 0) {
    return { issues: document.errors.slice(0, 5).map(({ message }) => firstSentence(message)) };
  }
  try {
    return { value: document.toJS({ maxAliasCount: 50 }) };
  } catch (error) {
    return { issues: [(error as Error).message] };
  }
}

/** The rest of it shows the place, which the editor does better. */
function firstSentence(message: string): string {
  const [first = message] = message.split("\n\n");
  return first.replace(/:$/, "");
}

/** Text above what was written, for the next try; texts that stood there before are taken away. */
export function withIssues(text: string, issues: readonly string[]): string {
  const written = text.replace(/^(?:#! .*\n)+/, "");
  return `${issues.map((issue) => `#! ${issue.replaceAll("\n", " ")}\n`).join("")}${written}`;
}

/** What is sent for a plan of these steps. Who waited for a step that is left out waits for those it waited for. */
export function toProposal(
  { title, summary, assumptions, steps: all }: Plan,
  kept: readonly PlanStep[],
): Proposal {
  const ids = new Set(kept.map(({ id }) => id));
  const byId = new Map(all.map((step) => [step.id, step]));
  const waitsFor = (id: string, seen: ReadonlySet<string>): string[] => {
    if (ids.has(id)) return [id];
    if (seen.has(id)) return [];
    const { after = [] } = byId.get(id) ?? {};
    return after.flatMap((other) => waitsFor(other, new Set([...seen, id])));
  };
  return {
    title,
    summary,
    assumptions,
    steps: kept.map(({ id, title: name, why, tool, args, late, after }) => ({
      id,
      title: name,
      why,
      tool,
      args,
      ...(late === undefined ? {} : { late }),
      after: [...new Set(after.flatMap((other) => waitsFor(other, new Set())))],
    })),
  };
}

/** In a few words, how an edited plan differs, step by step; empty when it does the same. */
export function describeEdit(plan: Plan, edited: unknown): string[] {
  const steps = isRecord(edited) && Array.isArray(edited.steps) ? edited.steps.filter(isRecord) : [];
  const now = new Map(steps.map((step) => [String(step.id), step]));
  const before = new Map(plan.steps.map((step, index) => [step.id, { step, number: index + 1 }]));
  const lines: string[] = [];
  for (const [id, { step, number }] of before) {
    const other = now.get(id);
    if (other === undefined) lines.push(`- step ${number} is left out: ${step.title}`);
    else {
      const names = differences(step, other);
      if (names.length > 0) lines.push(`~ step ${number}: another ${names.join(", ")}`);
    }
  }
  for (const [id, step] of now) if (!before.has(id)) lines.push(`+ ${String(step.title ?? id)}`);
  return lines;
}

function differences(step: PlanStep, other: Record<string, unknown>): string[] {
  const names: string[] = [];
  const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  for (const name of ["title", "why", "tool", "after"] as const) {
    if (other[name] !== undefined && !isSame(step[name], other[name])) names.push(name);
  }
  for (const group of ["args", "late"] as const) {
    const [old, now] = [step[group] ?? {}, isRecord(other[group]) ? other[group] : {}];
    for (const name of new Set([...Object.keys(old), ...Object.keys(now)])) {
      if (!isSame((old as Record<string, unknown>)[name], now[name])) names.push(name);
    }
  }
  return names;
}
