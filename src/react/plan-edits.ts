import type { Plan, PlanStep } from "countersign/agent";
import { readArguments, toTexts } from "./argument-texts.ts";
import type { JsonRecord } from "./json.ts";
import type { Contract } from "./plan-diff.ts";

/** A plan as a person rewrites it, before it is sent: all of it is JSON, so that it can be kept as a draft. */

export interface StepEdit {
  id: string;
  title: string;
  why: string;
  tool: string;
  /** Null where the tool's risk is not known. */
  risk: PlanStep["risk"] | null;
  args: JsonRecord;
  /** Arguments that were typed over, as text, where the tool's schema is not known. */
  texts: Record<string, string>;
  late: Record<string, string>;
  after: string[];
  isIncluded: boolean;
  isNew: boolean;
}

export interface PlanEdit {
  title: string;
  steps: StepEdit[];
}

export function toEdit({ title, steps }: Pick<Plan, "title" | "steps">): PlanEdit {
  return {
    title,
    steps: steps.map(({ id, title, why, tool, risk, args, late, after }) => ({
      id,
      title,
      why,
      tool,
      risk,
      args,
      texts: {},
      late: { ...late },
      after: [...after],
      isIncluded: true,
      isNew: false,
    })),
  };
}

/** True when each step waits for the one above it, and for nothing else. */
function isChain(steps: readonly StepEdit[]): boolean {
  return steps.every(({ after }, index) => {
    const above = steps[index - 1]?.id;
    return above === undefined ? after.length === 0 : after.length === 1 && after[0] === above;
  });
}

function chained(steps: readonly StepEdit[]): StepEdit[] {
  return steps.map((step, index) => {
    const above = steps[index - 1]?.id;
    return { ...step, after: above === undefined ? [] : [above] };
  });
}

/**
 * The plan with one step at another place. Where each step waits for the one above it, that holds of the new
 * order too; else every step goes on waiting for what it waited for.
 */
export function moveStep(edit: PlanEdit, from: number, to: number): PlanEdit {
  const steps = [...edit.steps];
  const place = Math.max(0, Math.min(to, steps.length - 1));
  const [step] = steps.splice(from, 1);
  if (step === undefined || place === from) return edit;
  steps.splice(place, 0, step);
  return { ...edit, steps: isChain(edit.steps) ? chained(steps) : steps };
}

export function changeStep(edit: PlanEdit, id: string, change: Partial<StepEdit>): PlanEdit {
  return { ...edit, steps: edit.steps.map((step) => (step.id === id ? { ...step, ...change } : step)) };
}

/** The plan with one step more at its end, which waits for the one above it. */
export function addStep(
  edit: PlanEdit,
  { tool, title, risk }: { tool: string; title: string; risk: PlanStep["risk"] | null },
): PlanEdit {
  const taken = new Set(edit.steps.map(({ id }) => id));
  let number = 1;
  while (taken.has(`added-${number}`)) number += 1;
  const last = edit.steps.at(-1);
  const step: StepEdit = {
    id: `added-${number}`,
    title,
    why: "",
    tool,
    risk,
    args: {},
    texts: {},
    late: {},
    after: last === undefined ? [] : [last.id],
    isIncluded: true,
    isNew: true,
  };
  return { ...edit, steps: [...edit.steps, step] };
}

/** The plan without a step that the person had added; what waited for it waits for what it waited for. */
export function dropStep(edit: PlanEdit, id: string): PlanEdit {
  const gone = edit.steps.find((step) => step.id === id);
  return {
    ...edit,
    steps: edit.steps
      .filter((step) => step !== gone)
      .map((step) =>
        step.after.includes(id)
          ? { ...step, after: unique(step.after.flatMap((one) => (one === id ? (gone?.after ?? []) : one))) }
          : step,
      ),
  };
}

/**
 * What a step waits for once the steps that are left out are gone: in place of each of those, what that one
 * would have waited for.
 */
export function waitsFor(edit: PlanEdit, step: StepEdit): string[] {
  const byId = new Map(edit.steps.map((one) => [one.id, one]));
  const seen = new Set<string>();
  const resolve = (ids: readonly string[]): string[] =>
    ids.flatMap((id) => {
      const other = byId.get(id);
      if (other === undefined || seen.has(id)) return [];
      if (other.isIncluded) return [id];
      seen.add(id);
      return resolve(other.after);
    });
  return unique(resolve(step.after));
}

/** A proposal, as the server takes it. */
interface EditedPlan {
  title: string;
  summary: string;
  assumptions: string[];
  steps: (Contract & { why: string })[];
}

/** A step that stands above one that it waits for. */
export interface OrderProblem {
  step: StepEdit;
  waitsFor: StepEdit;
}

/** Where the order that is shown contradicts what waits for what. Without such places nothing waits in a circle. */
export function orderProblems(edit: PlanEdit): OrderProblem[] {
  const places = new Map(edit.steps.map(({ id }, index) => [id, index]));
  return edit.steps.flatMap((step, index) => {
    if (!step.isIncluded) return [];
    return waitsFor(edit, step).flatMap((id) => {
      const place = places.get(id) ?? -1;
      const other = edit.steps[place];
      return other !== undefined && place > index ? [{ step, waitsFor: other }] : [];
    });
  });
}

/** Steps whose late rule names a step that is left out: what it is to be made of will not be there. */
export function ruleProblems(edit: PlanEdit): { step: StepEdit; argument: string; names: StepEdit }[] {
  const left = edit.steps.filter(({ isIncluded }) => !isIncluded);
  return edit.steps
    .filter(({ isIncluded }) => isIncluded)
    .flatMap((step) =>
      Object.entries(step.late).flatMap(([argument, rule]) => {
        const words = new Set(rule.match(/[\w.:-]*\w/g) ?? []);
        return left.filter(({ id }) => words.has(id)).map((names) => ({ step, argument, names }));
      }),
    );
}

/**
 * The plan as it is sent. Arguments that were typed keep their types.
 *
 * @throws Error what is wrong, in words.
 */
export function toProposal(plan: Pick<Plan, "summary" | "assumptions">, edit: PlanEdit): EditedPlan {
  const included = edit.steps.filter(({ isIncluded }) => isIncluded);
  return {
    title: edit.title.trim(),
    summary: plan.summary,
    assumptions: plan.assumptions,
    steps: included.map((step) => {
      const { id, title, why, tool, args, texts, late } = step;
      const rules = Object.entries(late);
      return {
        id,
        title: title.trim(),
        why,
        tool,
        args: withTexts(args, texts),
        ...(rules.length > 0 ? { late } : {}),
        after: waitsFor(edit, step),
      };
    }),
  };
}

/** The arguments with what was typed over them. */
function withTexts(args: JsonRecord, texts: Record<string, string>): JsonRecord {
  const shown = toTexts(args);
  const typed = Object.keys(args).filter((name) => name in texts && texts[name] !== shown[name]);
  if (typed.length === 0) return args;
  const before = Object.fromEntries(typed.map((name) => [name, args[name]]));
  return { ...args, ...readArguments(before, texts) };
}

function unique(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}
