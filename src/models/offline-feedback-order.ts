import type { Remedy } from "./offline-feedback.ts";
import { categories, stepsIn } from "./offline-feedback-filter.ts";
import { backupName, backupStep } from "./offline-plan-files.ts";
import { listEverything } from "./offline-planner.ts";
import { putFirst, type Revision, replaceStep } from "./offline-revision.ts";
import { ancestorsOf, type Step, subjectOf } from "./offline-steps.ts";
import { joinWords } from "./offline-workspace.ts";

/** "Make a backup first", "do the listing first", "step 3 before step 1", "delete last". */
export const applyOrder: Remedy = (revision, { clause: { text }, step }) => {
  if (orderStated(revision, text)) return true;
  if (
    /\bback(?:\s|-)?ups?\b/i.test(text) &&
    /\b(?:first|before\w*|beforehand)\b|^(?:make|keep|take|create|do) (?:a )?back(?:\s|-)?ups?$|^back (?:it|them|everything) up$/i.test(
      text,
    )
  ) {
    return backUpFirst(revision);
  }
  const isFirst = /\bfirst$|^(?:first|start with|begin with)\b|\bto the (?:start|beginning|top|front)$/i.test(
    text,
  );
  const isLast = /\b(?:last|at the end|in the end|to the (?:end|bottom))$|^end with\b/i.test(text);
  if (!isFirst && !isLast) return false;
  const words = text
    .replace(
      /\b(?:first|last|start with|begin with|end with|(?:at|in|to) the (?:end|bottom|start|beginning|top|front)|this|do|^move)\b/gi,
      " ",
    )
    .trim();
  const meant = step !== undefined && words.split(/\s+/).length <= 2 ? [step] : stepsMeant(revision, words);
  if (meant.length === 0 && isFirst && /\blist/i.test(words)) return listFirst(revision);
  if (meant.length === 0) return false;
  if (isLast) return putLast(revision, meant);
  return putToFront(revision, meant);
};

function putToFront(revision: Revision, meant: readonly Step[]): boolean {
  const { planner, applied, refused } = revision;
  const ids = inOrder(revision, [...ancestorsOf(idsOf(meant), planner.steps)]);
  const needed = ids.filter((id) => !meant.some((step) => step.id === id));
  if (needed.length > 0 && idsOf(planner.steps.slice(0, ids.length)).every((id) => ids.includes(id))) {
    refused.push(`${nameSteps(meant)} first (it waits for ${joinWords(needed)})`);
    return true;
  }
  putFirst(revision, ids, idsOf(planner.steps));
  applied.push(
    `${nameSteps(meant)} first${needed.length > 0 ? `, with ${joinWords(needed)} that it waits for` : ""}`,
  );
  return true;
}

function orderStated(revision: Revision, text: string): boolean {
  const [, a, before, b] = /^(.+?)\s+(before|after)\s+(.+)$/i.exec(text) ?? [];
  if (a === undefined || b === undefined) return false;
  const isBefore = before?.toLowerCase() === "before";
  const [first, second] = isBefore ? [a, b] : [b, a];
  return putInOrder(revision, stepsMeant(revision, first), stepsMeant(revision, second));
}

function idsOf(steps: readonly Step[]): string[] {
  return steps.map(({ id }) => id);
}

function inOrder({ planner }: Revision, ids: readonly string[]): string[] {
  return idsOf(planner.steps).filter((id) => ids.includes(id));
}

function nameSteps(steps: readonly Step[]): string {
  return joinWords(steps.map(({ id }) => id));
}

function stepsMeant({ planner }: Revision, words: string): Step[] {
  const named = stepsIn(words, planner.steps);
  if (named.length > 0) return named;
  const byPath = planner.steps.filter((step) => words.split(/\s+/).includes(subjectOf(step) ?? " "));
  const category = categories.find(([pattern]) => pattern.test(words));
  const byKind = category === undefined ? [] : planner.steps.filter(category[1]);
  // "Delete a.txt last" is not about the step that reads a.txt.
  if (category !== undefined && byPath.length > 0) return byKind.filter((step) => byPath.includes(step));
  return byPath.length > 0 ? byPath : byKind;
}

function listFirst(revision: Revision): boolean {
  const { planner, applied } = revision;
  planner.beginClause(false);
  const step = {
    title: "List all files",
    why: "It was asked to come first.",
    tool: "list_files",
    args: listEverything,
  };
  const id = planner.add(step);
  if (id === undefined) return true;
  putFirst(revision, [id], idsOf(planner.steps));
  applied.push(`${id} lists the files first`);
  return true;
}

function putLast(revision: Revision, meant: readonly Step[]): boolean {
  const { planner, applied, refused } = revision;
  const ids = idsOf(meant);
  const needing = planner.steps.filter(
    ({ id, after }) => !ids.includes(id) && after.some((one) => ids.includes(one)),
  );
  if (needing.length > 0) {
    refused.push(`${nameSteps(meant)} last (${nameSteps(needing)} needs it)`);
    return true;
  }
  const others = planner.steps.filter(({ id }) => !ids.includes(id));
  const leaves = others
    .filter(({ id }) => !others.some(({ after }) => after.includes(id)))
    .map(({ id }) => id);
  const moved = meant.every(({ id }) =>
    replaceStep(revision, id, (step) => ({ ...step, after: [...new Set([...step.after, ...leaves])] })),
  );
  if (!moved) {
    refused.push(`${nameSteps(meant)} last (it is kept as it is)`);
    return true;
  }
  const last = planner.steps.filter(({ id }) => ids.includes(id));
  planner.steps.splice(0, planner.steps.length, ...others, ...last);
  applied.push(`${nameSteps(meant)} last`);
  return true;
}

function putInOrder(revision: Revision, first: readonly Step[], second: readonly Step[]): boolean {
  const { planner, applied, refused } = revision;
  if (first.length === 0 || second.length === 0) return false;
  const circle = first.some(({ id }) =>
    second.some((later) => ancestorsOf([id], planner.steps).has(later.id)),
  );
  if (circle) {
    refused.push(`${nameSteps(first)} before ${nameSteps(second)} (it needs what comes before)`);
    return true;
  }
  const ids = idsOf(first);
  for (const { id } of second) {
    const isChanged = replaceStep(revision, id, (step) => ({
      ...step,
      after: [...new Set([...step.after, ...ids])],
    }));
    if (!isChanged) refused.push(`${id} after ${nameSteps(first)} (it is kept as it is)`);
  }
  applied.push(`${nameSteps(first)} before ${nameSteps(second)}`);
  return true;
}

/** Copies of the existing files that the plan changes, moves or deletes, made before that. */
function backUpFirst(revision: Revision): boolean {
  const { planner, applied, refused } = revision;
  const there = new Set(planner.start.workspace.files.map(({ path }) => path));
  const risky = planner.steps.filter(
    (step) =>
      ["replace_file", "append_file", "delete_file", "move_file"].includes(step.tool) &&
      there.has(subjectOf(step) ?? ""),
  );
  const paths = [...new Set(risky.map((step) => subjectOf(step) ?? ""))];
  if (paths.length === 0) {
    refused.push("a backup (no step changes, moves or deletes a file that is there)");
    return true;
  }
  planner.beginClause(false);
  const copies = paths.map((path) => {
    const to = backupName(planner, path);
    return { path, to, id: planner.add(backupStep(path, to)) ?? "" };
  });
  // Copies of what is there now: whatever is planned for the paths waits for them, not the other way round.
  putFirst(
    revision,
    copies.map(({ id }) => id),
    [],
  );
  for (const { id, path, to } of copies.filter((copy) => copy.id !== "")) {
    const concerned = risky.filter((step) => subjectOf(step) === path).map((step) => step.id);
    applied.push(`${id} backs up ${path} as ${to} first`);
    for (const waiting of concerned) {
      const waits = replaceStep(revision, waiting, (step) => ({ ...step, after: [id, ...step.after] }));
      if (!waits) refused.push(`${waiting} waits for the backup (it is kept as it is)`);
    }
  }
  return true;
}
