import type { Planner } from "./offline-planner.ts";
import type { Selection } from "./offline-targets.ts";
import { baseName, joinWords, plural } from "./offline-workspace.ts";

/** The files that something is done to; says why when there are none. */
export function selectExisting(planner: Planner, phrase: string): Selection | undefined {
  const selection = planner.select(phrase);
  for (const name of selection.missing) planner.fail(tellMissing(planner, name));
  if (selection.files.length > 0) return selection;
  if (selection.missing.length === 0) {
    const isClear = selection.what !== "no file" && selection.what !== "";
    planner.fail(
      isClear
        ? `There is no file to take for “${selection.what}”.`
        : `I cannot tell which files “${phrase}” means.`,
    );
  }
  return undefined;
}

/** The folder that a phrase means as a whole ("the drafts folder"), not some files in it. */
export function wholeFolder(planner: Planner, phrase: string): string | undefined {
  const bare = phrase
    .replace(/[“”]/g, "")
    .replace(/\b(?:the|my|our|whole|entire|empty|folders?|director(?:y|ies)|called|named)\b/gi, "")
    .trim()
    .replace(/^(?:\.\/)+|\/+$/g, "")
    .toLowerCase();
  const { files, folders } = planner.view();
  if (files.some(({ path }) => path.toLowerCase() === bare)) return undefined;
  const isNamed = (folder: string) =>
    folder.toLowerCase() === bare || baseName(folder).toLowerCase() === bare;
  return folders.find(isNamed);
}

export function tellMissing(planner: Planner, name: string): string {
  const stem =
    name
      .split("/")
      .at(-1)
      ?.replace(/\.\w+$/, "")
      .toLowerCase() ?? "";
  const similar = planner
    .view()
    .files.filter(({ path }) => stem.length > 2 && path.toLowerCase().includes(stem));
  const hint =
    similar.length === 0
      ? ""
      : ` Did you mean ${joinWords(
          similar.slice(0, 3).map(({ path }) => path),
          "or",
        )}?`;
  return `There is no ${name} in the workspace.${hint}`;
}

export function nameFiles(paths: readonly string[]): string {
  return paths.length === 1 ? (paths[0] ?? "") : plural(paths.length, "file");
}
