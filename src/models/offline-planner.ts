import type { Analysis } from "./offline-analyses.ts";
import type { Reading } from "./offline-conversation.ts";
import { createChooser } from "./offline-questions.ts";
import { applySteps, isConflict, type Step, withoutImplied } from "./offline-steps.ts";
import { type Scope, type Selection, selectFiles } from "./offline-targets.ts";
import { folderOf, parseListing, type Workspace } from "./offline-workspace.ts";

/** What a planner starts from. */
export interface PlannerStart {
  workspace: Workspace;
  /** The workspace could not be looked at: every file that is named is taken to be there. */
  isBlind?: boolean;
  /** Tools that steps may name. */
  offered: ReadonlySet<string>;
  /** Calls a read-only tool, now or as soon as its result is there. */
  ask(tool: string, args: Record<string, unknown>): Reading;
  /** Steps that are in the plan already. */
  steps?: readonly Step[];
  /** Ids that were used before and must not come back with another meaning. */
  usedIds?: Iterable<string>;
  /** What "it" means when nothing was named yet. */
  one?: readonly string[];
  many?: readonly string[];
}

export interface NewStep {
  title: string;
  why: string;
  tool: string;
  args: Record<string, unknown>;
  late?: Record<string, string>;
  /** Steps whose output it uses. */
  needs?: readonly string[];
}

/** Something found out by steps, for "the counts" and "it" later on. */
export interface Product {
  analysis: Analysis;
  ids: string[];
  files: string[];
  /** The person wants to be told; else it only goes into a file. */
  isAsked: boolean;
}

/** What the agent takes. */
const mostSteps = 200;

/**
 * Collects the steps of a plan. The order is worked out, not asked for: a step waits for what it uses, for
 * every earlier step that touches the same path, and, when it cannot be undone or the person said "then", for
 * everything before its clause.
 */
export function createPlanner(start: PlannerStart) {
  const assumptions: string[] = [];
  const problems: string[] = [];
  const products: Product[] = [];
  const list = createStepList(start, (problem) => note(problems, problem));
  let one = [...(start.one ?? [])];
  let many = [...(start.many ?? [])];
  const choose = createChooser(start.ask);

  function search(text: string): readonly string[] | undefined {
    const reading = start.ask("search_text", { query: text });
    if (reading.state !== "done") return undefined;
    return [...new Set(parseHits(reading.text).map(({ path }) => path))];
  }

  return {
    start,
    ...list,
    assumptions,
    problems,
    products,
    offers: (tool: string) => start.offered.has(tool),
    ask: start.ask,

    select(phrase: string): Selection {
      const { files, folders } = list.view();
      const scope: Scope = { files, folders, one, many, search, choose };
      const selection = selectFiles(phrase, scope);
      for (const assumption of selection.assumptions) note(assumptions, assumption);
      if (!start.isBlind || selection.missing.length === 0) return selection;
      for (const name of selection.missing) note(assumptions, `${name} is there; I could not look.`);
      const named = [...selection.files, ...selection.missing];
      return { ...selection, files: named, missing: [], what: named.join(", ") };
    },

    assume: (assumption: string) => note(assumptions, assumption),
    fail: (problem: string) => note(problems, problem),

    /** From here on "it" is the only one of these, "them" all of them. */
    mean(paths: readonly string[]): void {
      if (paths.length === 1) one = [...paths];
      if (paths.length > 1) many = [...paths];
    },
    meant: () => ({ one, many }),
  };
}

/** The steps so far, each put in with what it has to wait for. */
function createStepList(start: PlannerStart, fail: (problem: string) => void) {
  const steps: Step[] = [...(start.steps ?? [])];
  const used = new Set<string>([...(start.usedIds ?? []), ...steps.map(({ id }) => id)]);
  /** The last steps before this clause. */
  let barrier: string[] = [];
  let isOrdered = false;
  const view = () => applySteps(start.workspace, steps);

  function add({ needs = [], ...step }: NewStep): string | undefined {
    if (!start.offered.has(step.tool)) {
      fail(`“${step.title}” needs the tool ${step.tool}, which is not offered here.`);
      return undefined;
    }
    if (steps.length >= mostSteps) {
      fail(`A plan has at most ${mostSteps} steps: ask for the rest when these are done.`);
      return undefined;
    }
    const conflicting = steps.filter((earlier) => isConflict(earlier, step)).map(({ id }) => id);
    const waitedFor = isOrdered || step.tool === "delete_file" ? barrier : [];
    const implied = withoutImplied([...new Set([...conflicting, ...waitedFor])], steps);
    const after = steps.map(({ id }) => id).filter((id) => needs.includes(id) || implied.includes(id));
    const id = nextId(used);
    used.add(id);
    steps.push({ id, ...step, after });
    return id;
  }

  return {
    steps,
    view,
    add,

    /** Begins the next clause; with `then`, all of it waits for what was there before. */
    beginClause(then: boolean): void {
      isOrdered = then;
      const waitedFor = new Set(steps.flatMap(({ after }) => after));
      barrier = steps.map(({ id }) => id).filter((id) => !waitedFor.has(id));
    },

    /** A reading step; the same one is not made twice while nothing in between changes what it reads. */
    addReading(step: NewStep): string | undefined {
      const key = JSON.stringify([step.tool, step.args]);
      const at = steps.findLastIndex(({ tool, args }) => JSON.stringify([tool, args]) === key);
      const isFresh = at !== -1 && !steps.slice(at + 1).some((later) => isConflict(later, step));
      return isFresh ? steps[at]?.id : add(step);
    },

    /** Makes the folder of a path when there is none yet. */
    ensureFolder(path: string): void {
      const folder = folderOf(path);
      if (folder === "" || view().folders.includes(folder) || !start.offered.has("make_directory")) return;
      const why = "The next step goes into it.";
      add({ title: `Create the folder ${folder}`, why, tool: "make_directory", args: { path: folder } });
    },
  };
}

function nextId(used: Iterable<string>): string {
  const numbers = [...used].map((id) => Number(/^s(\d+)$/.exec(id)?.[1] ?? 0));
  return `s${Math.max(0, ...numbers) + 1}`;
}

export type Planner = ReturnType<typeof createPlanner>;

function note(list: string[], entry: string): void {
  if (!list.includes(entry)) list.push(entry);
}

export interface Hit {
  path: string;
  line: number;
  text: string;
}

/** Reads lines such as `notes/ideas.txt:12: buy milk`. */
export function parseHits(output: string): Hit[] {
  return output.split("\n").flatMap((one) => {
    const [, path, line, text = ""] = /^(.+?):(\d+):\s?(.*)$/.exec(one) ?? [];
    return path === undefined ? [] : [{ path, line: Number(line), text: text.trim() }];
  });
}

/** The workspace, as soon as its listing is there; undefined while it is not. */
export function findWorkspace(ask: PlannerStart["ask"]): Workspace | undefined {
  const reading = ask("list_files", listEverything);
  return reading.state === "done" ? parseListing(reading.text) : undefined;
}

export const listEverything = { recursive: true };
