import { folderOf, isInside, type Workspace, type WorkspaceFile } from "./offline-workspace.ts";

/** A step as `propose_plan` takes it; see docs/model-contract.md. */
export interface Step {
  id: string;
  title: string;
  why: string;
  tool: string;
  args: Record<string, unknown>;
  late?: Record<string, string>;
  after: string[];
}

export interface Proposal {
  title: string;
  summary: string;
  assumptions: string[];
  steps: Step[];
}

/** The path that a step is about: what it reads, changes, copies, moves or deletes. */
export function subjectOf({ args }: Pick<Step, "args">): string | undefined {
  const subject = args.from ?? args.path;
  return typeof subject === "string" ? subject : undefined;
}

/** The path of the file that a step makes or changes. */
export function outputOf({ tool, args }: Pick<Step, "tool" | "args">): string | undefined {
  if (tool === "copy_file" || tool === "move_file") return typeof args.to === "string" ? args.to : undefined;
  return isWriting(tool) && typeof args.path === "string" ? args.path : undefined;
}

export function isWriting(tool: string): boolean {
  return tool === "write_file" || tool === "replace_file" || tool === "append_file";
}

/** Steps that only look. */
export function isReading(tool: string): boolean {
  return /^(?:list_files|find_files|read_file|search_text|count_text)$/.test(tool);
}

interface Access {
  reads: string[];
  writes: string[];
}

function accessOf({ tool, args }: Pick<Step, "tool" | "args">): Access {
  const path = typeof args.path === "string" ? args.path : "";
  const from = typeof args.from === "string" ? args.from : "";
  const to = typeof args.to === "string" ? args.to : "";
  if (tool === "copy_file") return { reads: [from], writes: [to] };
  if (tool === "move_file") return { reads: [], writes: [from, to] };
  return isReading(tool) ? { reads: [path], writes: [] } : { reads: [], writes: [path] };
}

/** The same path, or one inside the other. */
function overlap(a: string, b: string): boolean {
  return a === b || isInside(a, b) || isInside(b, a);
}

/** Whether the outcome depends on which of the two goes first. */
export function isConflict(one: Pick<Step, "tool" | "args">, other: Pick<Step, "tool" | "args">): boolean {
  const [a, b] = [accessOf(one), accessOf(other)];
  const meet = (left: string[], right: string[]) => left.some((x) => right.some((y) => overlap(x, y)));
  return meet(a.writes, b.writes) || meet(a.writes, b.reads) || meet(a.reads, b.writes);
}

/** The ids of all steps that come before one, however far. */
export function ancestorsOf(ids: readonly string[], steps: readonly Step[]): Set<string> {
  const found = new Set<string>();
  const visit = (id: string): void => {
    if (found.has(id)) return;
    found.add(id);
    for (const other of steps.find((step) => step.id === id)?.after ?? []) visit(other);
  };
  for (const id of ids) visit(id);
  return found;
}

/** Without the ids that others in the list wait for anyway. */
export function withoutImplied(ids: readonly string[], steps: readonly Step[]): string[] {
  return ids.filter((id) => {
    const others = ids.filter((other) => other !== id && !ancestorsOf([id], steps).has(other));
    return !ancestorsOf(others, steps).has(id);
  });
}

/** The files as they are after the steps, if all of them work. */
export function applySteps(workspace: Workspace, steps: readonly Step[]): Workspace {
  const files = new Map(workspace.files.map((file): [string, WorkspaceFile] => [file.path, file]));
  const folders = new Set(workspace.folders);
  const addFolder = (path: string) => {
    for (let folder = path; folder !== ""; folder = folderOf(folder)) folders.add(folder);
  };
  const addFile = (path: string, bytes: number | undefined) => {
    files.set(path, { path, bytes });
    addFolder(folderOf(path));
  };
  const moveFolder = (from: string, to: string) => {
    for (const path of [...files.keys()].filter((one) => isInside(one, from))) {
      addFile(to + path.slice(from.length), files.get(path)?.bytes);
      files.delete(path);
    }
    for (const folder of [...folders].filter((one) => one === from || isInside(one, from))) {
      folders.delete(folder);
      addFolder(to + folder.slice(from.length));
    }
  };
  for (const step of steps) {
    const subject = subjectOf(step) ?? "";
    const output = outputOf(step);
    if (step.tool === "move_file" && output !== undefined && folders.has(subject)) {
      moveFolder(subject, output);
      continue;
    }
    if (output !== undefined) addFile(output, isWriting(step.tool) ? undefined : files.get(subject)?.bytes);
    if (step.tool === "delete_file" || step.tool === "move_file") files.delete(subject);
    if (step.tool === "delete_file") folders.delete(subject);
    if (step.tool === "make_directory") addFolder(subject);
  }
  return { files: [...files.values()], folders: [...folders], isCut: workspace.isCut };
}

/** The call that shows a plan to the person. */
export function toProposeCall(proposal: Proposal): {
  calls: { name: string; args: Record<string, unknown> }[];
} {
  return { calls: [{ name: "propose_plan", args: { ...proposal } }] };
}
