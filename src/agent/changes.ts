import { canonicalJson, isRecord } from "../protocol/json.ts";
import type { Changes, ValueChange } from "./decision.ts";
import type { Plan, PlanStep } from "./plan.ts";
import { contractOf } from "./proposal.ts";

/** How a plan differs from the one before it, step by step and argument by argument. */
export function changesBetween(before: Plan, after: Plan): Changes {
  const old = new Map(before.steps.map((step) => [step.id, step]));
  const now = new Map(after.steps.map((step) => [step.id, step]));
  const both = (plan: Plan) => plan.steps.map(({ id }) => id).filter((id) => old.has(id) && now.has(id));
  const [oldOrder, newOrder] = [both(before), both(after)];
  const changed = newOrder.filter((id) => contractOf(old.get(id)) !== contractOf(now.get(id)));
  return {
    since: before.revision,
    added: after.steps.map(({ id }) => id).filter((id) => !old.has(id)),
    removed: before.steps.map(({ id }) => id).filter((id) => !now.has(id)),
    changed,
    reordered: newOrder.filter((id, index) => oldOrder[index] !== id),
    details: Object.fromEntries(changed.map((id) => [id, stepChanges(old.get(id), now.get(id))])),
  };
}

function stepChanges(before: PlanStep | undefined, after: PlanStep | undefined): ValueChange[] {
  return [
    ...valueChanges(before?.tool, after?.tool, ["tool"]),
    ...valueChanges(before?.args, after?.args, ["args"]),
    ...valueChanges(before?.late ?? {}, after?.late ?? {}, ["late"]),
    // The steps it waits for are shown together: one id against another at the same place says nothing.
    ...(canonicalJson(before?.after) === canonicalJson(after?.after)
      ? []
      : [toChange(["after"], before?.after, after?.after)]),
  ];
}

/**
 * The smallest parts that differ between two JSON values: members of objects and elements of arrays are
 * compared one by one, anything else as a whole.
 */
function valueChanges(before: unknown, after: unknown, path: ValueChange["path"]): ValueChange[] {
  if (Array.isArray(before) && Array.isArray(after)) {
    const longer = before.length > after.length ? before : after;
    return longer.flatMap((_, index) => valueChanges(before[index], after[index], [...path, index]));
  }
  if (isRecord(before) && isRecord(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].flatMap((name) => valueChanges(own(before, name), own(after, name), [...path, name]));
  }
  return canonicalJson(before) === canonicalJson(after) ? [] : [toChange(path, before, after)];
}

function toChange(path: ValueChange["path"], before: unknown, after: unknown): ValueChange {
  return { path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}

/** Arguments may be named as what every object has, such as `constructor`. */
function own(value: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}
