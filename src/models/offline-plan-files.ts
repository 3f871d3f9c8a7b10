import type { Change, FileIntent } from "./offline-file-intents.ts";
import { nameFiles, selectExisting, wholeFolder } from "./offline-plan-select.ts";
import { planTransfer } from "./offline-plan-transfer.ts";
import type { Planner } from "./offline-planner.ts";
import { extensionOf, freeName, isInside, isTextName, joinPath } from "./offline-workspace.ts";

/** Plans what is done to files as a whole; returns words for the title, undefined when nothing could be planned. */
export function planFileIntent(planner: Planner, intent: FileIntent): string | undefined {
  switch (intent.do) {
    case "folder":
      return planFolders(planner, intent.names);
    case "delete":
      return planDelete(planner, intent.object);
    case "copy":
    case "move":
      return planTransfer(planner, intent);
    case "backup":
      return planBackup(planner, intent);
    case "change":
      return planChange(planner, intent);
  }
}

function planFolders(planner: Planner, names: readonly string[]): string | undefined {
  const made = names.filter((path) => {
    if (planner.view().folders.includes(path)) {
      planner.fail(`The folder ${path} is there already.`);
      return false;
    }
    const step = {
      title: `Create the folder ${path}`,
      why: "It was asked for.",
      tool: "make_directory",
      args: { path },
    };
    return planner.add(step) !== undefined;
  });
  return made.length === 0 ? undefined : `create the folder ${made.join(", ")}`;
}

function planDelete(planner: Planner, phrase: string): string | undefined {
  const folder = wholeFolder(planner, phrase);
  const { files, folders } = planner.view();
  const inside = folder === undefined ? undefined : files.filter(({ path }) => isInside(path, folder));
  const selected = inside?.map(({ path }) => path) ?? selectExisting(planner, phrase)?.files ?? [];
  // The tool takes an empty folder, so the innermost goes first.
  const emptied =
    folder === undefined ? [] : folders.filter((one) => one === folder || isInside(one, folder));
  const paths = [...selected, ...emptied.sort((a, b) => b.length - a.length)];
  const deleted = paths.filter((path) => {
    const what = emptied.includes(path) ? `the folder ${path}` : path;
    const why = "It was asked for. It cannot be undone.";
    return planner.add({ title: `Delete ${what}`, why, tool: "delete_file", args: { path } }) !== undefined;
  });
  planner.mean(deleted);
  if (deleted.length === 0) return undefined;
  return folder === undefined ? `delete ${nameFiles(deleted)}` : `delete the folder ${folder}`;
}

function planBackup(
  planner: Planner,
  { object, to }: Extract<FileIntent, { do: "backup" }>,
): string | undefined {
  const selection = selectExisting(planner, object === "" ? "it" : object);
  if (selection === undefined) return undefined;
  const [only = ""] = selection.files;
  const isSingle = selection.files.length === 1 && !selection.isAll;
  if (isSingle && (to === undefined || extensionOf(to) !== "")) {
    const path = to ?? backupName(planner, only);
    planner.ensureFolder(path);
    const id = planner.add(backupStep(only, path));
    return id === undefined ? undefined : `back up ${only}`;
  }
  const folder = (to ?? "backup").replace(/\/+$/, "");
  const files = selection.files.filter((path) => !isInside(path, folder));
  const copied = files.filter((from) => {
    const path = freeName(joinPath(folder, from), (one) =>
      planner.view().files.some((file) => file.path === one),
    );
    planner.ensureFolder(`${folder}/`);
    return planner.add(backupStep(from, path)) !== undefined;
  });
  if (to === undefined && copied.length > 0)
    planner.assume(`The copies go into the folder ${folder}, under the same paths.`);
  return copied.length === 0 ? undefined : `back up ${nameFiles(copied)}`;
}

export function backupStep(from: string, to: string) {
  return {
    title: `Back up ${from} as ${to}`,
    why: "The original stays as it is.",
    tool: "copy_file",
    args: { from, to },
  };
}

/** `todo.md.bak`, or the next name that is free. */
export function backupName(planner: Planner, path: string): string {
  const taken = new Set(planner.view().files.map((file) => file.path));
  for (let n = 1; ; n += 1) {
    const name = `${path}.bak${n === 1 ? "" : n}`;
    if (!taken.has(name)) return name;
  }
}

/**
 * The new text is worked out now, from the file as it is, and pinned, so that a person approves exactly what
 * will be in the file.
 */
function planChange(
  planner: Planner,
  { object, change }: Extract<FileIntent, { do: "change" }>,
): string | undefined {
  const selection = selectExisting(planner, object);
  if (selection === undefined) return undefined;
  const changed: string[] = [];
  for (const path of selection.files.filter(isTextName)) {
    const now = planner.ask("read_file", { path });
    if (now.state === "failed") planner.fail(`${path} could not be read: ${now.error}`);
    if (now.state === "unavailable")
      planner.fail(`Changing the text of ${path} needs the tool read_file, which is not offered here.`);
    if (now.state !== "done") continue;
    const content = applyChange(now.text, change);
    if (content === now.text) {
      if (selection.files.length === 1)
        planner.fail(`Nothing in ${path} would change: ${tellChange(change)} finds nothing to do.`);
      continue;
    }
    const step = {
      title: `Change ${path}: ${tellChange(change)}`,
      why: "The rest of its text stays as it is.",
      tool: "replace_file",
      args: { path, content },
    };
    if (planner.add(step) !== undefined) changed.push(path);
  }
  if (changed.length > 0) planner.assume("The new text was worked out from the files as they are now.");
  else if (selection.files.length > 1)
    planner.fail(`No file would change: ${tellChange(change)} finds nothing to do.`);
  planner.mean(changed);
  return changed.length === 0 ? undefined : `change ${nameFiles(changed)}`;
}

function tellChange(change: Change): string {
  switch (change.is) {
    case "replace":
      return `replace “${change.from}” with “${change.to}”`;
    case "drop":
      return `remove lines with “${change.text}”`;
    case "prepend":
      return `put “${change.text}” at the top`;
    case "sort":
      return "sort the lines";
    case "unique":
      return "remove duplicate lines";
    case "number":
      return "number the lines";
    case "reverse":
      return "reverse the lines";
    case "clear":
      return "empty it";
    default:
      return change.is;
  }
}

function applyChange(text: string, change: Change): string {
  const end = text.endsWith("\n") ? "\n" : "";
  const lines = text.replace(/\n$/, "").split("\n");
  const join = (changed: readonly string[]) => (changed.length === 0 ? "" : changed.join("\n") + end);
  switch (change.is) {
    case "replace":
      return change.from === "" ? text : text.split(change.from).join(change.to);
    case "drop":
      return join(lines.filter((line) => !line.toLowerCase().includes(change.text.toLowerCase())));
    case "prepend":
      return `${change.text}\n${text}`;
    case "sort":
      return join([...lines].sort((a, b) => a.localeCompare(b, "en")));
    case "unique":
      return join([...new Set(lines)]);
    case "number":
      return join(lines.map((line, index) => `${index + 1}. ${line}`));
    case "reverse":
      return join(lines.toReversed());
    case "clear":
      return "";
    case "uppercase":
      return text.toUpperCase();
    case "lowercase":
      return text.toLowerCase();
  }
}
