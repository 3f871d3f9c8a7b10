import type { Remark, Remedy } from "./offline-feedback.ts";
import { parseClause } from "./offline-intents.ts";
import { isNamedPath, isPathLike, literalsIn } from "./offline-language.ts";
import { moveOutput, type Revision, replaceStep } from "./offline-revision.ts";
import { isWriting, outputOf, type Step, subjectOf } from "./offline-steps.ts";
import { baseName, joinPath } from "./offline-workspace.ts";

/** "Write it to notes.txt instead", "put it in reports/summary.md", "call it x.md", "use a.md instead of b.md". */
export const applyPlace: Remedy = (revision, remark) => {
  const { clause, step } = remark;
  const { text, literals } = clause;
  const paths = pathsIn(text, literals);
  const isInstead = /\binstead\b|\brather\b|^not\b|,\s*not\b/i.test(text);
  const isNaming =
    /^(?:call|name|rename) (?:it|them|that|the (?:file|output|result|summary|copy|folder))\b|\bshould (?:be called|be named|go (?:to|into|in))\b|^use\b/i.test(
      text,
    );
  const folder = folderIn(text) ?? bareFolder(revision, text);
  const to = folder ?? target(text, paths);
  if (to === undefined || clause.isMore) return false;
  if (step !== undefined) return moveStep(revision, step, to);
  if (!isInstead && !isNaming && !isAboutOutput(remark)) return false;
  const from = paths.find(
    (path) => path !== to && revision.planner.steps.some((one) => outputOf(one) === path),
  );
  const outputs = from === undefined ? chooseOutputs(revision) : [from];
  if (outputs.length === 0) return false;
  const moved = outputs.map((path) =>
    moveTo(revision, path, { to, isFolder: folder !== undefined || outputs.length > 1 }),
  );
  return moved.some((done) => done);
};

function pathsIn(text: string, literals: readonly string[]): string[] {
  const words = text.split(/[\s,;]+/).map((word) => {
    const [literal] = literalsIn(word, literals);
    return literal === undefined ? word.replace(/[.:!?]+$/, "") : isNamedPath(literal) ? literal : "";
  });
  return words
    .filter((word) => isPathLike(word) || isNamedPath(word))
    .map((path) => path.replace(/^(?:\.\/)+/, ""));
}

function folderIn(text: string): string | undefined {
  const [, named] =
    /\b(?:in|into|to|under|folder)\s+(?:the |a |my )*(?:folder |directory )(?:called |named )?([\w./-]+)/i.exec(
      text,
    ) ?? [];
  const [, before] =
    /\b(?:in|into|to|under)\s+(?:the |a |my )*([\w./-]+)\s+(?:folder|directory)\b/i.exec(text) ?? [];
  const [, slashed] = /(?:^|\s)([\w./-]+)\/(?=\s|$)/.exec(text) ?? [];
  return (named ?? before ?? slashed)?.replace(/\/+$/, "");
}

/** "Into old instead", where the plan copies or moves files. */
function bareFolder({ planner }: Revision, text: string): string | undefined {
  const [, name] =
    /^(?:(?:move|copy|put) (?:it|them) )?(?:in)?to\s+([\w-]+)(?:\s+instead)?$/i.exec(text) ?? [];
  const isArranging = planner.steps.some(({ tool }) => tool === "copy_file" || tool === "move_file");
  return isArranging ? name : undefined;
}

/** Where to: not the path behind "instead of" and "not". */
function target(text: string, paths: readonly string[]): string | undefined {
  const without = text.replace(/\b(?:instead of|rather than|not)\s+\S+/i, " ");
  return (
    paths.find((path) => without.includes(path)) ??
    (paths.length === 1 && !/\b(?:instead of|not)\b/i.test(text) ? paths[0] : undefined)
  );
}

/** "Write the summary to notes.txt" is about what the plan writes anyway. */
function isAboutOutput({ clause }: Remark): boolean {
  if (/^(?:add|create|make|include|take|read)\b/i.test(clause.text)) return false;
  const wish = parseClause(clause);
  if (wish.do !== "write") return false;
  return wish.content.is === "earlier" || (wish.content.is === "literal" && wish.content.text === "");
}

function chooseOutputs({ planner }: Revision): string[] {
  const writing = planner.steps.filter(({ tool }) => isWriting(tool));
  const late = writing.filter((step) => step.late !== undefined);
  const chosen = late.length > 0 ? late.slice(-1) : writing.length > 0 ? writing.slice(-1) : planner.steps;
  return [...new Set(chosen.map(outputOf).filter((path) => path !== undefined))];
}

function moveTo(
  revision: Revision,
  from: string,
  { to, isFolder = false }: { to: string; isFolder?: boolean },
): boolean {
  const folders = revision.planner.view().folders;
  const path = isFolder || folders.includes(to) ? joinPath(to, baseName(from)) : to;
  if (path === from) {
    revision.unchanged.push(`it goes to ${path} already`);
    return true;
  }
  const { planner, refused } = revision;
  const maker = planner.steps.find((step) => outputOf(step) === from);
  const isTaken = planner.start.workspace.files.some((file) => file.path === path);
  if (isTaken && (maker?.tool === "copy_file" || maker?.tool === "move_file")) {
    refused.push(`${path} instead of ${from} (it exists, and copying and moving never overwrite)`);
    return true;
  }
  const isMoved = moveOutput(revision, from, path);
  if (isMoved) revision.applied.push(`${path} instead of ${from}`);
  return isMoved || revision.kept.size > 0;
}

/** A path in a comment on a step: where it writes to, or, for a step that only takes a file, which one. */
function moveStep(revision: Revision, step: Step, to: string): boolean {
  const output = outputOf(step);
  if (output !== undefined) return moveTo(revision, output, { to });
  const from = subjectOf(step);
  const isThere = revision.planner.view().files.some(({ path }) => path === to);
  if (from === undefined || !isThere) return false;
  const swap = (text: string) => text.split(from).join(to);
  const isChanged = replaceStep(revision, step.id, (one) => ({
    ...one,
    title: swap(one.title),
    why: swap(one.why),
    args: { ...one.args, ...(one.args.from === from ? { from: to } : { path: to }) },
  }));
  if (isChanged) revision.applied.push(`${step.id} takes ${to} instead of ${from}`);
  else revision.refused.push(`${to} in ${step.id} (it is kept as it is)`);
  return true;
}
