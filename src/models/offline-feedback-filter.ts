import type { Remark, Remedy } from "./offline-feedback.ts";
import { moveOutput, nameRemoved, type Revision, removeSteps } from "./offline-revision.ts";
import { isReading, isWriting, outputOf, type Step, subjectOf } from "./offline-steps.ts";
import { selectFiles } from "./offline-targets.ts";
import { freeName } from "./offline-workspace.ts";

const numbers = [
  "first",
  "second",
  "third",
  "fourth",
  "fifth",
  "sixth",
  "seventh",
  "eighth",
  "ninth",
  "tenth",
];

/** The steps that words such as "step 2", "s2", "steps 2 to 4" or "the last step" name. */
export function stepsIn(text: string, steps: readonly Step[]): Step[] {
  const found = new Set<Step>();
  for (const step of steps)
    if (new RegExp(`\\b${step.id.replace(/\W/g, "\\$&")}\\b`, "i").test(text)) found.add(step);
  const lists = text.matchAll(/\bsteps?\s+((?:\d+(?:\s*(?:,|and|to|-|–|or|&)\s*)*)+)/gi);
  const named = [...lists].flatMap(([, list = ""]) => [...list.matchAll(/(\d+)(?:\s*(?:to|-|–)\s*(\d+))?/g)]);
  for (const [, first, last = first] of named) {
    // People count what they see; ids have gaps once a step was removed.
    for (const step of steps.slice(Number(first) - 1, Number(last))) found.add(step);
  }
  const [, ordinal] = new RegExp(`\\b(${numbers.join("|")}|last|final)\\s+step\\b`, "i").exec(text) ?? [];
  if (ordinal !== undefined) {
    const word = ordinal.toLowerCase();
    const step = /last|final/.test(word) ? steps.at(-1) : steps[numbers.indexOf(word)];
    if (step !== undefined) found.add(step);
  }
  return steps.filter((step) => found.has(step));
}

const removing =
  /^(?:skip|remove|drop|omit|leave out|cancel|delete|no need for|no|without|not|get rid of|don['’]?t (?:do|run|need)|do not (?:do|run|need)|forget)\b/i;

/** "Skip step 2", or as a comment on a step: "not needed". */
export const applyRemoval: Remedy = (revision, { clause, step }) => {
  const { text } = clause;
  const isAboutThis =
    step !== undefined &&
    (/^(?:not needed|unnecessary|superfluous|useless|skip$|remove$|drop$|no$|omit$)/i.test(text) ||
      (removing.test(text) && text.split(/\s+/).length <= 4 && !/\./.test(text)));
  const all = revision.planner.steps;
  const isAboutOnly =
    all.length === 1 &&
    /^(?:skip|don['’]?t|do not|no|drop|forget|cancel|stop|leave)(?: (?:it|that|this|do (?:it|that|this)))?$/i.test(
      text,
    );
  if (isAboutOnly) {
    reportRemoved(
      revision,
      removeSteps(
        revision,
        all.map(({ id }) => id),
      ),
    );
    return true;
  }
  const steps =
    isAboutThis && step ? [step] : removing.test(text) ? stepsIn(text, revision.planner.steps) : [];
  if (steps.length === 0) return false;
  reportRemoved(
    revision,
    removeSteps(
      revision,
      steps.map(({ id }) => id),
    ),
  );
  return true;
};

function reportRemoved(revision: Revision, gone: readonly Step[]): void {
  if (gone.length > 0) revision.applied.push(`removed ${nameRemoved(gone)}`);
}

/** What a verb or noun says about steps. */
export const categories: [RegExp, (step: Step) => boolean][] = [
  [/\b(?:delet\w*|remov\w*|eras\w*|trash\w*)\b/i, ({ tool }) => tool === "delete_file"],
  [/\b(?:overwrit\w*|replac\w*)\b/i, ({ tool }) => tool === "replace_file"],
  [/\b(?:mov(?:e|es|ing)|renam\w*)\b/i, ({ tool }) => tool === "move_file"],
  [/\b(?:cop(?:y|ies|ying)|back(?:ing)?[ -]?ups?)\b/i, ({ tool }) => tool === "copy_file"],
  [/\bappend\w*\b/i, ({ tool }) => tool === "append_file"],
  [/\b(?:folders?|director(?:y|ies)|mkdir)\b/i, ({ tool }) => tool === "make_directory"],
  [/\b(?:writ(?:e|es|ing)|creat\w*|sav(?:e|ing))\b/i, ({ tool }) => isWriting(tool)],
  [/\b(?:read\w*|summar\w*|includ\w*|use|open\w*)\b/i, ({ tool }) => tool === "read_file"],
  [/\bcount\w*\b/i, ({ tool }) => tool === "count_text"],
  [/\bsearch\w*\b/i, ({ tool }) => tool === "search_text"],
  [/\blist(?:ing|s)?\b/i, ({ tool }) => tool === "list_files" || tool === "find_files"],
  [/\b(?:touch\w*|chang\w*|modif\w*|edit\w*)\b/i, ({ tool }) => !isReading(tool)],
];

const negation = /^(?:do not|don['’]?t|never|no|without|stop|avoid|not)\s+(?:any\s+|ever\s+)?/i;
const leaving =
  /^(?:leave out|skip|exclude|ignore|omit|drop|remove|except(?: for)?|without|no|not|leave|keep)\s+(?:out\s+|away\s+)?/i;
const keeping =
  /^(?:(?:include|use|take|read|do|count|keep) )?(?:only|just|nothing but|restrict (?:it|this) to|limit (?:it|this) to)\s+(?:use |take |read |include |do |count |the )*/i;

/** "Don't delete anything", "only the markdown files", "leave out drafts". */
export const applyFilter: Remedy = (revision, remark) => {
  const { text } = remark.clause;
  if (/^not\s+\S+\s+but\s/i.test(text)) return false;
  if (negation.test(text)) {
    const done = refuseKind(revision, remark);
    if (done) return true;
  }
  if (keeping.test(text) || /\bonly$/i.test(text))
    return keepOnly(revision, remark.words.replace(/\s+only$/i, "").replace(keeping, ""));
  if (!leaving.test(text) || /^keep\b(?!.*\b(?:out|away)\b)/i.test(text)) return false;
  return leaveOut(revision, remark.words.replace(leaving, ""));
};

function refuseKind(revision: Revision, { clause, words }: Remark): boolean {
  const { steps } = revision.planner;
  const said = clause.text.replace(negation, "");
  const category = categories.find(([pattern]) =>
    new RegExp(`^(?:the |a |an )?(?:${pattern.source})`, "i").test(said),
  );
  if (category === undefined) return false;
  const [pattern, isMeant] = category;
  const rest = words.replace(negation, "").replace(pattern, "").trim();
  const isEverything =
    rest === "" ||
    /^(?:anything|any files?|files?|at all|it|them|everything|any(?: of them)?|steps?|a (?:file|folder))\b/i.test(
      rest,
    );
  const paths = isEverything ? undefined : pathsMeant(revision, rest);
  if (paths !== undefined && paths.length === 0) return false;
  const concerned = steps.filter((step) => isMeant(step) && (paths === undefined || touches(step, paths)));
  if (concerned.length === 0) {
    revision.unchanged.push(`no step would ${said.split(/\s/)[0]} ${rest}`.trim());
    return true;
  }
  if (/overwrit|replac/i.test(pattern.source)) return writeBeside(revision, concerned);
  reportRemoved(
    revision,
    removeSteps(
      revision,
      concerned.map(({ id }) => id),
    ),
  );
  return true;
}

/** Instead of replacing a file, another one is written next to it. */
function writeBeside(revision: Revision, steps: readonly Step[]): boolean {
  const taken = new Set(revision.planner.view().files.map(({ path }) => path));
  for (const step of steps) {
    const path = outputOf(step);
    if (path === undefined) continue;
    const free = freeName(path, (one) => taken.has(one));
    if (moveOutput(revision, path, free))
      revision.applied.push(`writing ${free} instead of replacing ${path}`);
  }
  return true;
}

function touches(step: Step, paths: readonly string[]): boolean {
  return [subjectOf(step), outputOf(step)].some((path) => path !== undefined && paths.includes(path));
}

/** The paths among those of the plan that a phrase means. */
function pathsMeant({ planner }: Revision, phrase: string): string[] {
  const paths = new Set(
    planner.steps.flatMap((step) => [subjectOf(step), outputOf(step)]).filter((path) => path !== undefined),
  );
  const { files, folders } = planner.view();
  const known = files.filter(({ path }) => paths.has(path));
  const unknown = [...paths]
    .filter((path) => !files.some((file) => file.path === path))
    .map((path) => ({ path, bytes: undefined }));
  const selection = selectFiles(phrase, { files: [...known, ...unknown], folders, one: [], many: [] });
  return selection.files.filter((path) => paths.has(path));
}

/** Steps that take a file as it is; what is written from several of them is not about one file. */
function takesFile({ tool }: Step): boolean {
  return (
    tool === "read_file" || tool === "count_text" || ["copy_file", "move_file", "delete_file"].includes(tool)
  );
}

function keepOnly(revision: Revision, phrase: string): boolean {
  const named = stepsIn(phrase, revision.planner.steps);
  const paths = named.length > 0 ? [] : pathsMeant(revision, phrase);
  const taking = revision.planner.steps.filter((step) => (named.length > 0 ? true : takesFile(step)));
  const stay = taking.filter((step) =>
    named.length > 0 ? named.includes(step) : paths.includes(subjectOf(step) ?? ""),
  );
  if (stay.length === 0) return false;
  const gone = removeSteps(
    revision,
    taking.filter((step) => !stay.includes(step)).map(({ id }) => id),
  );
  reportRemoved(revision, gone);
  if (gone.length === 0) revision.unchanged.push(`the plan takes only ${phrase} already`);
  return true;
}

function leaveOut(revision: Revision, phrase: string): boolean {
  const paths = pathsMeant(revision, phrase);
  const concerned = revision.planner.steps.filter(
    (step) => paths.includes(subjectOf(step) ?? "") || paths.includes(outputOf(step) ?? ""),
  );
  if (concerned.length > 0) {
    reportRemoved(
      revision,
      removeSteps(
        revision,
        concerned.map(({ id }) => id),
      ),
    );
    return true;
  }
  const category = categories.find(([pattern]) =>
    new RegExp(`^(?:the )?(?:${pattern.source})`, "i").test(phrase),
  );
  const meant = category === undefined ? [] : revision.planner.steps.filter(category[1]);
  if (meant.length === 0) return isKnown(revision, phrase);
  reportRemoved(
    revision,
    removeSteps(
      revision,
      meant.map(({ id }) => id),
    ),
  );
  return true;
}

/** What is meant exists, only not in the plan: nothing has to change. */
function isKnown({ planner, unchanged }: Revision, phrase: string): boolean {
  const { files, folders } = planner.view();
  const { files: meant, what } = selectFiles(phrase, { files, folders, one: [], many: [] });
  if (meant.length === 0) return false;
  unchanged.push(`the plan does not touch ${what}`);
  return true;
}
