import { renameSteps } from "./offline-late-rules.ts";
import type { Planner } from "./offline-planner.ts";
import { ancestorsOf, isWriting, outputOf, type Step, subjectOf, withoutImplied } from "./offline-steps.ts";
import { folderOf, isInside } from "./offline-workspace.ts";

/** A plan while feedback is applied to it. Changes go into `planner.steps` in place. */
export interface Revision {
  planner: Planner;
  /** Steps that stay word for word. */
  kept: ReadonlySet<string>;
  /** What was done, as words behind "Changed:". */
  applied: string[];
  /** What needs no change, and why. */
  unchanged: string[];
  /** What could not be done, and why. */
  refused: string[];
  /** Paths that the plan no longer touches. */
  dropped: Set<string>;
}

/** Puts another step in the place of one; a kept step is never changed. */
export function replaceStep({ planner, kept }: Revision, id: string, change: (step: Step) => Step): boolean {
  const at = planner.steps.findIndex((step) => step.id === id);
  const step = planner.steps[at];
  if (step === undefined || kept.has(id)) return false;
  planner.steps[at] = change(step);
  return true;
}

/** A kept step stays, and so does what it waits for: its `after` is part of what was kept. */
function isHeld({ planner, kept }: Revision, id: string): boolean {
  return kept.has(id) || planner.steps.some((step) => kept.has(step.id) && step.after.includes(id));
}

/**
 * Takes steps out, and with them what makes no sense without them: late content that has no source left, steps
 * about files that nothing makes any more, folders that nothing goes into.
 *
 * @returns the steps that are gone; kept ones are refused by name.
 */
export function removeSteps(revision: Revision, ids: readonly string[]): Step[] {
  const { planner, refused } = revision;
  const before = planner.steps.map((step) => step);
  const held = ids.filter((id) => isHeld(revision, id));
  for (const id of held) refused.push(`${id} stays: it is kept, or a kept step needs it`);
  takeOut(revision, new Set(ids.filter((id) => !held.includes(id))));
  for (let orphans = orphansOf(revision, before); orphans.size > 0; orphans = orphansOf(revision, before)) {
    takeOut(revision, orphans);
  }
  const gone = before.filter(({ id }) => !planner.steps.some((step) => step.id === id));
  for (const step of gone)
    for (const path of [subjectOf(step), outputOf(step)]) if (path) revision.dropped.add(path);
  return gone;
}

function takeOut({ planner, kept }: Revision, gone: ReadonlySet<string>): void {
  if (gone.size === 0) return;
  const all = planner.steps.map((step) => step);
  const ids = all.map(({ id }) => id);
  const left = new Set(ids.filter((id) => !gone.has(id)));
  const steps = all
    .filter(({ id }) => left.has(id))
    .map((step) => {
      if (kept.has(step.id)) return step;
      // What waited for a step that is gone waits for what that one waited for.
      const direct = step.after.filter((id) => !gone.has(id));
      const lost = step.after.filter((id) => gone.has(id));
      const inherited = withoutImplied(
        [...ancestorsOf(lost, all)].filter((id) => left.has(id)),
        all,
      );
      const after = ids.filter((id) => direct.includes(id) || inherited.includes(id));
      return withRules({ ...step, after }, ids, left);
    });
  planner.steps.splice(0, planner.steps.length, ...steps);
}

function withRules(step: Step, ids: readonly string[], left: ReadonlySet<string>): Step {
  if (step.late === undefined) return step;
  const late = Object.entries(step.late).map(([name, rule]) => [name, renameSteps(rule, ids, left) ?? ""]);
  return { ...step, late: Object.fromEntries(late) };
}

/** Steps that lost what they were for. */
function orphansOf(revision: Revision, before: readonly Step[]): Set<string> {
  const { steps } = revision.planner;
  const present = new Set(revision.planner.view().files.map(({ path }) => path));
  const gone = before.filter(({ id }) => !steps.some((step) => step.id === id));
  const madeByGone = new Set(gone.map(outputOf).filter((path) => path !== undefined));
  const usedByGone = gone.flatMap((step) => [outputOf(step) ?? ""]).filter((path) => path !== "");
  const orphans = steps.filter((step) => {
    if (isHeld(revision, step.id)) return false;
    if (Object.values(step.late ?? {}).includes("")) return true;
    const subject = subjectOf(step) ?? "";
    const isUse = !isWriting(step.tool) && step.tool !== "make_directory";
    if (isUse && madeByGone.has(subject) && !isThereAtStart(revision, subject) && !present.has(subject))
      return true;
    const wasUsed = step.tool === "make_directory" && usedByGone.some((path) => isInside(path, subject));
    return wasUsed && !steps.some((other) => isInside(outputOf(other) ?? "", subject));
  });
  return new Set(orphans.map(({ id }) => id));
}

function isThereAtStart({ planner }: Revision, path: string): boolean {
  return planner.start.workspace.files.some((file) => file.path === path);
}

/**
 * Has a file written somewhere else, and everything later in the plan that uses it follow.
 *
 * @returns whether anything could be changed.
 */
export function moveOutput(revision: Revision, from: string, to: string): boolean {
  const { planner, kept, refused } = revision;
  const concerned = planner.steps.filter((step) => outputOf(step) === from || subjectOf(step) === from);
  const writers = concerned.filter((step) => outputOf(step) === from);
  if (writers.some(({ id }) => kept.has(id))) {
    refused.push(`${from} stays: the step that makes it is kept`);
    return false;
  }
  const firstWriter = planner.steps.findIndex((step) => outputOf(step) === from);
  const isThere = isThereAtStart(revision, to);
  for (const step of concerned) {
    if (planner.steps.indexOf(step) < firstWriter) continue;
    const isNew = !isThere && planner.steps.indexOf(step) === firstWriter;
    replaceStep(revision, step.id, (one) => redirect(one, { from, to, isNew }));
  }
  if (isThere) planner.assume(`${to} exists and will be replaced.`);
  revision.dropped.add(from);
  moveFolder(revision, { from, to, writer: writers[0]?.id ?? "" });
  return writers.length > 0;
}

function redirect(step: Step, { from, to, isNew }: { from: string; to: string; isNew: boolean }): Step {
  const swap = (text: string) => text.split(from).join(to);
  const args = Object.fromEntries(
    Object.entries(step.args).map(([name, value]) => [name, value === from ? to : value]),
  );
  const isContent = isWriting(step.tool);
  const isAppend = step.tool === "append_file" && !isNew;
  const tool = !isContent || isAppend ? step.tool : isNew ? "write_file" : "replace_file";
  const title = swap(step.title).replace(
    /^(?:Write|Replace)\b/,
    tool === "replace_file" ? "Replace" : tool === "write_file" ? "Write" : "$&",
  );
  return { ...step, tool, args, title, why: swap(step.why) };
}

/** The folder of the old place is not made when nothing goes there any more; that of the new one is. */
function moveFolder(
  revision: Revision,
  { from, to, writer }: { from: string; to: string; writer: string },
): void {
  const { planner } = revision;
  const folder = folderOf(from);
  const makes = findMaker(revision, folder);
  const isUsed = planner.steps.some((step) => isInside(outputOf(step) ?? "", folder));
  if (makes !== undefined && folder !== "" && !isUsed) removeSteps(revision, [makes.id]);
  const target = folderOf(to);
  if (target === "" || planner.start.workspace.folders.includes(target)) return;
  const made = findMaker(revision, target)?.id ?? makeFolder(revision, target);
  if (made === undefined) return;
  replaceStep(revision, writer, (step) => ({ ...step, after: [...new Set([made, ...step.after])] }));
}

function findMaker({ planner }: Revision, folder: string): Step | undefined {
  return planner.steps.find(({ tool, args }) => tool === "make_directory" && args.path === folder);
}

function makeFolder(revision: Revision, path: string): string | undefined {
  const { planner } = revision;
  if (!planner.offers("make_directory")) return undefined;
  planner.beginClause(false);
  const why = "The next step goes into it.";
  const id = planner.add({ title: `Create the folder ${path}`, why, tool: "make_directory", args: { path } });
  if (id !== undefined) putFirst(revision, [id], []);
  return id;
}

/** Moves steps in front of all others; `waiting` wait for them from then on. */
export function putFirst(revision: Revision, ids: readonly string[], waiting: readonly string[]): void {
  const { planner } = revision;
  const first = planner.steps.filter(({ id }) => ids.includes(id));
  const rest = planner.steps.filter(({ id }) => !ids.includes(id));
  planner.steps.splice(
    0,
    planner.steps.length,
    ...first.map((step) => ({ ...step, after: step.after.filter((id) => ids.includes(id)) })),
    ...rest,
  );
  for (const id of waiting) {
    const { after = [] } = planner.steps.find((step) => step.id === id) ?? {};
    // Who waits for one that waits need not be told.
    if (ids.includes(id) || after.some((one) => waiting.includes(one) && !ids.includes(one))) continue;
    replaceStep(revision, id, (step) => ({ ...step, after: [...new Set([...ids, ...step.after])] }));
  }
}

/** The list shows steps behind what they wait for, else in the order in which they were. */
export function sortByOrder(steps: Step[]): void {
  const left = [...steps];
  const sorted: Step[] = [];
  while (left.length > 0) {
    const at = left.findIndex(({ after }) => after.every((id) => !left.some((step) => step.id === id)));
    sorted.push(...left.splice(Math.max(0, at), 1));
  }
  steps.splice(0, steps.length, ...sorted);
}

/** `s2 (Delete a.txt)`, or how many there are. */
export function nameRemoved(steps: readonly Step[]): string {
  return steps.length <= 3
    ? steps.map(({ id, title }) => `${id} (${title})`).join(", ")
    : `${steps.length} steps`;
}
