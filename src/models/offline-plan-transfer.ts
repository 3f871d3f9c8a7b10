import type { FileIntent } from "./offline-file-intents.ts";
import { toRule } from "./offline-late-rules.ts";
import { nameFiles, selectExisting, wholeFolder } from "./offline-plan-select.ts";
import type { Planner } from "./offline-planner.ts";
import {
  baseName,
  extensionOf,
  folderOf,
  isInside,
  isTextName,
  joinPath,
  stemOf,
} from "./offline-workspace.ts";

type Transfer = Extract<FileIntent, { do: "copy" | "move" }>;

/** Plans copying, moving and renaming of files and folders; returns words for the title. */
export function planTransfer(planner: Planner, intent: Transfer): string | undefined {
  const folder = wholeFolder(planner, intent.object);
  if (folder !== undefined) return transferFolder(planner, intent, folder);
  const selection = selectExisting(planner, intent.object);
  if (selection === undefined) return undefined;
  const toFolder = folderFor(planner, intent, selection.files);
  const pairs = selection.files
    .map((from) => ({
      from,
      to: toFolder === undefined ? renamed(planner, intent, from) : joinPath(toFolder, baseName(from)),
    }))
    .filter(({ from, to }) => from !== to);
  if (pairs.length === 0) planner.fail(`Nothing is left to ${intent.do}: it is there already.`);
  const done = pairs.filter((pair) => transferFile(planner, intent, pair)).map(({ to }) => to);
  planner.mean(done);
  const verb = intent.isRename ? "rename" : intent.do;
  return done.length === 0
    ? undefined
    : `${verb} ${nameFiles(selection.files)} to ${toFolder ?? (done.length === 1 ? done[0] : intent.to)}`;
}

interface Pair {
  from: string;
  to: string;
}

function transferFile(planner: Planner, { do: kind, isRename }: Transfer, { from, to }: Pair): boolean {
  if (planner.view().files.some(({ path }) => path === to)) {
    if (kind === "copy" && isTextName(from)) return copyOver(planner, { from, to });
    planner.fail(
      `${to} exists already, and a ${kind} never overwrites: delete it first or choose another name.`,
    );
    return false;
  }
  planner.ensureFolder(to);
  const verb = kind === "copy" ? "Copy" : isRename ? "Rename" : "Move";
  const why = kind === "copy" ? "The original stays as it is." : "It is at the new place only, afterwards.";
  const tool = kind === "copy" ? "copy_file" : "move_file";
  return planner.add({ title: `${verb} ${from} to ${to}`, why, tool, args: { from, to } }) !== undefined;
}

/** Copying never overwrites, so the text of the one replaces that of the other. */
function copyOver(planner: Planner, { from, to }: Pair): boolean {
  const read = { title: `Read ${from}`, why: "Its text is needed.", tool: "read_file", args: { path: from } };
  const id = planner.addReading(read);
  if (id === undefined) return false;
  planner.assume(`${to} exists and will be replaced.`);
  const step = {
    title: `Replace ${to} with the text of ${from}`,
    why: "The original stays as it is; what was in the other is lost.",
    tool: "replace_file",
    args: { path: to },
    late: { content: toRule({ is: "text", object: from }, [id]) },
    needs: [id],
  };
  return planner.add(step) !== undefined;
}

function transferFolder(planner: Planner, intent: Transfer, folder: string): string | undefined {
  const { files, folders } = planner.view();
  const bare = clean(intent.to);
  const isInto = !intent.isRename && (folders.includes(bare) || bare === "");
  const parent = intent.isRename && !bare.includes("/") ? folderOf(folder) : "";
  const to = isInto ? joinPath(bare, baseName(folder)) : joinPath(parent, bare);
  if (to === folder || isInside(to, folder) || folders.includes(to)) {
    planner.fail(`The folder ${folder} cannot go to ${to}: choose another place.`);
    return undefined;
  }
  if (intent.do === "move") {
    if (!intent.isRename && !isInto) planner.assume(`There is no folder ${to} yet: ${folder} becomes it.`);
    planner.ensureFolder(to);
    const title = `${intent.isRename ? "Rename" : "Move"} the folder ${folder} to ${to}`;
    const why = "Everything in it goes along.";
    const id = planner.add({ title, why, tool: "move_file", args: { from: folder, to } });
    return id === undefined
      ? undefined
      : `${intent.isRename ? "rename" : "move"} the folder ${folder} to ${to}`;
  }
  const inside = files.map(({ path }) => path).filter((path) => isInside(path, folder));
  if (inside.length === 0) planner.fail(`The folder ${folder} is empty: there is nothing to copy.`);
  planner.ensureFolder(`${to}/`);
  const done = inside.filter((from) => {
    const pair = { from, to: `${to}${from.slice(folder.length)}` };
    const title = `Copy ${from} to ${pair.to}`;
    return (
      planner.add({ title, why: "The original stays as it is.", tool: "copy_file", args: { ...pair } }) !==
      undefined
    );
  });
  planner.mean(done);
  return done.length === 0 ? undefined : `copy the folder ${folder} to ${to}`;
}

/** The folder that files go into; undefined when `to` is the new name of one file. */
function folderFor(
  planner: Planner,
  { to, object, isRename }: Transfer,
  files: readonly string[],
): string | undefined {
  const bare = clean(to);
  if (isExtension(to)) return undefined;
  if (bare === "") return "";
  const known = planner.view().folders.find((folder) => folder.toLowerCase() === bare.toLowerCase());
  if (known !== undefined && !isRename) return known;
  if (to.endsWith("/") || files.length > 1) return bare;
  const [only = ""] = files;
  const isFolder = !isRename && extensionOf(bare) === "" && extensionOf(only) !== "" && !/“/.test(object);
  if (isFolder) planner.assume(`${bare} is taken for a folder, which will be made.`);
  return isFolder ? bare : undefined;
}

/** "Rename all .txt files to .md". */
function isExtension(to: string): boolean {
  return /^\*?\.[A-Za-z]\w{0,8}$/.test(to);
}

/** `""` for the top of the workspace. */
function clean(to: string): string {
  const bare = to.replace(/^(?:\.\/)+/, "").replace(/\/+$/, "");
  return /^(?:the )?(?:top|root|workspace|\.)$/i.test(bare) ? "" : bare;
}

/** A new name without a folder keeps the folder. */
function renamed(planner: Planner, { to, isRename }: Transfer, from: string): string {
  if (isExtension(to)) return joinPath(folderOf(from), `${stemOf(from)}.${to.replace(/^\*?\./, "")}`);
  const path = clean(to);
  if (!isRename || path.includes("/") || folderOf(from) === "") return path;
  planner.assume(`The renamed file stays in ${folderOf(from)}.`);
  return joinPath(folderOf(from), path);
}
