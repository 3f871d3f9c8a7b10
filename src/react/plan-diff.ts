import type { Changes, Plan, PlanStep, ValueChange } from "countersign/agent";
import { isRecord } from "./json.ts";

/** How two revisions of a plan differ, as the card shows it. */

/** What of a step is binding. */
export type Contract = Pick<PlanStep, "id" | "title" | "tool" | "args" | "late" | "after">;

/** A row of a plan that is shown with its changes. */
export type DiffRow<Step extends Contract = PlanStep> =
  | {
      type: "step";
      step: Step;
      /** Its place, from 1. */
      number: number;
      isAdded: boolean;
      /** The step as it was, where it has changed. */
      before: Contract | null;
      /** It stands elsewhere now; its old place, from 1, where that is known. */
      moved: { from: number | null } | null;
    }
  /** A step that is gone, at its old place. */
  | { type: "removed"; step: Contract; number: number };

/**
 * The steps of a plan with what has changed since the revision before. What was removed, and where moved steps
 * stood, is known from that revision only.
 */
export function diffRows<Step extends Contract>(
  steps: readonly Step[],
  changes: Changes | undefined,
  before: readonly Contract[] | undefined,
): DiffRow<Step>[] {
  const moved = movedSteps(steps, changes, before);
  const rows = steps.map((step, index): DiffRow<Step> => {
    const isChanged = changes?.changed.includes(step.id) ?? false;
    const old = isChanged ? stepBefore(step, changes, before) : null;
    // Each waits for the one above it, as ever: where it stands now says all of that.
    const isInLine = old !== null && follows(step, steps) && follows(old, before ?? []);
    const shown = isInLine ? { ...old, after: step.after } : old;
    return {
      type: "step",
      step,
      number: index + 1,
      isAdded: changes?.added.includes(step.id) ?? false,
      before: isInLine && shown !== null && isSameContract(shown, step) ? null : shown,
      moved: moved.get(step.id) ?? null,
    };
  });
  return withRemoved(rows, changes?.removed ?? [], before ?? []);
}

function stepBefore(
  step: Contract,
  changes: Changes | undefined,
  before: readonly Contract[] | undefined,
): Contract | null {
  const old = before?.find(({ id }) => id === step.id);
  const details = changes?.details?.[step.id];
  return old ?? (details ? revert(step, details) : null);
}

/** True of a step that waits for the one above it, and for nothing else. */
function follows({ id, after }: Contract, steps: readonly Contract[]): boolean {
  const above = steps[steps.findIndex((step) => step.id === id) - 1]?.id;
  return above === undefined ? after.length === 0 : after.length === 1 && after[0] === above;
}

/** Each removed step comes after the step that it stood below, as far as that is still there. */
function withRemoved<Step extends Contract>(
  rows: DiffRow<Step>[],
  removed: readonly string[],
  before: readonly Contract[],
): DiffRow<Step>[] {
  const gone = new Set(removed);
  const all = [...rows];
  let above: string | null = null;
  for (const [index, step] of before.entries()) {
    if (gone.has(step.id)) {
      const at = above === null ? 0 : all.findIndex((row) => row.step.id === above) + 1;
      all.splice(at, 0, { type: "removed", step, number: index + 1 });
    }
    // What stands nowhere any more is no neighbour.
    if (all.some((row) => row.step.id === step.id)) above = step.id;
  }
  return all;
}

/**
 * The fewest steps that have to be moved to come from the old order to the new one: one that went to the top
 * does not make all the others moved ones.
 */
function movedSteps(
  steps: readonly Contract[],
  changes: Changes | undefined,
  before: readonly Contract[] | undefined,
): Map<string, { from: number | null }> {
  if (changes === undefined || changes.reordered.length === 0) return new Map();
  if (before === undefined) return new Map(changes.reordered.map((id) => [id, { from: null }]));
  const places = new Map(before.map(({ id }, index) => [id, index]));
  const common = steps.filter(({ id }) => places.has(id));
  const stays = new Set(longestRise(common.map(({ id }) => places.get(id) ?? 0)));
  return new Map(
    common.flatMap(({ id }) => {
      const place = places.get(id) ?? 0;
      return stays.has(place) ? [] : [[id, { from: place + 1 }] as const];
    }),
  );
}

/** The longest rising subsequence of different numbers. */
function longestRise(numbers: readonly number[]): number[] {
  const best: number[][] = [];
  for (const number of numbers) {
    const longest = best.reduce<number[]>(
      (longest, one) => ((one.at(-1) ?? 0) < number && one.length > longest.length ? one : longest),
      [],
    );
    best.push([...longest, number]);
  }
  return best.reduce((longest, one) => (one.length > longest.length ? one : longest), []);
}

/** The step as it was before these changes. */
export function revert(step: Contract, details: readonly ValueChange[]): Contract {
  const copy = structuredClone({
    tool: step.tool,
    args: step.args,
    late: step.late ?? {},
    after: step.after,
  }) as Record<string, unknown>;
  // From the end, so that elements taken out of a list leave the places of those before them.
  for (const { path, ...change } of [...details].reverse()) {
    put(copy, path, "before" in change ? change.before : undefined);
  }
  return { ...step, ...(copy as Pick<Contract, "tool" | "args" | "late" | "after">) };
}

function put(whole: Record<string, unknown>, path: ValueChange["path"], value: unknown): void {
  let at: unknown = whole;
  for (const part of path.slice(0, -1)) at = (at as Record<string | number, unknown> | undefined)?.[part];
  const last = path.at(-1);
  if (last === undefined || typeof at !== "object" || at === null) return;
  if (value !== undefined) (at as Record<string | number, unknown>)[last] = value;
  else if (Array.isArray(at)) at.splice(Number(last), 1);
  else delete (at as Record<string | number, unknown>)[last];
}

/** An argument, or rule, or what else a step says, before and after; null where it is not there. */
export interface Difference {
  kind: "tool" | "arg" | "late" | "after" | "title";
  /** Of an argument or rule. */
  name: string;
  before: string | null;
  after: string | null;
}

/** What of a step differs, value by value, as text. */
export function differencesOf(before: Contract, after: Contract): Difference[] {
  const named = (kind: "arg" | "late", old: Record<string, unknown>, now: Record<string, unknown>) =>
    [...new Set([...Object.keys(old), ...Object.keys(now)])].map((name) => ({
      kind,
      name,
      before: Object.hasOwn(old, name) ? toText(old[name]) : null,
      after: Object.hasOwn(now, name) ? toText(now[name]) : null,
    }));
  const all: Difference[] = [
    { kind: "title", name: "title", before: before.title, after: after.title },
    { kind: "tool", name: "tool", before: before.tool, after: after.tool },
    ...named("arg", before.args, after.args),
    ...named("late", before.late ?? {}, after.late ?? {}),
    { kind: "after", name: "after", before: before.after.join(", "), after: after.after.join(", ") },
  ];
  return all.filter((one) => one.before !== one.after);
}

/** JSON in a line as long as it is short. */
function toText(value: unknown): string {
  if (typeof value === "string") return value;
  const line = JSON.stringify(value) ?? "";
  return line.length > 80 ? JSON.stringify(value, null, 2) : line;
}

/** How an edited plan differs from the one that was shown, as the server will record it. */
export function compareSteps(before: readonly Contract[], after: readonly Contract[]): Changes {
  const old = new Map(before.map((step) => [step.id, step]));
  const now = new Map(after.map((step) => [step.id, step]));
  const ids = (steps: readonly Contract[]) =>
    steps.map(({ id }) => id).filter((id) => old.has(id) && now.has(id));
  const [oldOrder, newOrder] = [ids(before), ids(after)];
  return {
    since: 0,
    added: after.map(({ id }) => id).filter((id) => !old.has(id)),
    removed: before.map(({ id }) => id).filter((id) => !now.has(id)),
    changed: newOrder.filter((id) => textOfContract(old.get(id)) !== textOfContract(now.get(id))),
    reordered: newOrder.filter((id, index) => oldOrder[index] !== id),
    details: {},
  };
}

export function isSameContract(one: Contract, other: Contract): boolean {
  return textOfContract(one) === textOfContract(other);
}

function textOfContract(step: Contract | undefined): string {
  if (step === undefined) return "";
  const { title, tool, args, late = {}, after } = step;
  return JSON.stringify(sorted({ title, tool, args, late, after }));
}

/** The same value with the keys of all objects in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

/** `+1 −1 ~2` as numbers; moved steps are counted with those that changed, each once. */
export function countChanges(rows: readonly DiffRow<Contract>[]) {
  const steps = rows.flatMap((row) => (row.type === "step" ? [row] : []));
  return {
    added: steps.filter(({ isAdded }) => isAdded).length,
    removed: rows.length - steps.length,
    changed: steps.filter(({ before }) => before !== null).length,
    moved: steps.filter(({ moved, before }) => moved !== null && before === null).length,
  };
}

/** The plan of the revision before, from the records that the conversation holds. */
export function previousPlan(
  plan: Pick<Plan, "id">,
  since: number | undefined,
  recorded: readonly Plan[],
): Plan | undefined {
  return recorded.findLast((one) => one.id === plan.id && one.revision === since);
}
