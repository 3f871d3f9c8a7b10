import { isPathLike } from "./offline-language.ts";
import { searchedText, selectByProperty } from "./offline-target-rules.ts";
import {
  baseName,
  isHidden,
  isInside,
  joinWords,
  matchesGlob,
  plural,
  stemOf,
  type WorkspaceFile,
} from "./offline-workspace.ts";

/** What words about files can mean. */
export interface Scope {
  files: readonly WorkspaceFile[];
  folders: readonly string[];
  /** What "it" means. */
  one: readonly string[];
  /** What "them", "each" and "the files" mean. */
  many: readonly string[];
  /** Paths of the files that contain a text; undefined while that is not known. */
  search?(text: string): readonly string[] | undefined;
  /** Which of several files a name means; undefined while that is not known. */
  choose?(name: string, paths: readonly string[]): readonly string[] | undefined;
}

export interface Selection {
  files: string[];
  /** Named, but not there. */
  missing: string[];
  /** For titles: `notes/ideas.txt`, `every file`, `3 .txt files`. */
  what: string;
  /** What was taken for granted, as sentences. */
  assumptions: string[];
  /** Everything was meant. */
  isAll: boolean;
  /** The one folder that was meant. */
  folder?: string;
}

const exclusion =
  /[,(]?\s*\b(?:except(?: for)?|but (?:not|leave out|skip|exclude|ignore|keep)|excluding|without|other than|apart from|besides|not including|leaving out)\b(.*)$/i;

/**
 * Finds the files that a phrase means: paths and names, globs, kinds ("markdown files"), folders, properties
 * ("empty files", "the largest file", "files that mention budget"), "it" and "them", or everything; each
 * without what follows "except". An empty selection without `missing` means that nothing was recognised.
 */
export function selectFiles(phrase: string, scope: Scope): Selection {
  const excluded = exclusion.exec(phrase);
  if (excluded === null) return select(phrase, scope);
  const selection = select(phrase.slice(0, excluded.index), scope);
  const out = select(excluded[1] ?? "", { ...scope, one: [], many: [] });
  if (out.files.length === 0) return selection;
  const files = selection.files.filter((path) => !out.files.includes(path));
  return { ...selection, files, isAll: false, what: `${selection.what} except ${out.what}` };
}

function select(phrase: string, scope: Scope): Selection {
  return (
    selectByQuery(phrase, scope) ??
    (/\bfiles?\b.*\b(?:called|named|with)\b/i.test(phrase) ? selectGroup(phrase, scope) : undefined) ??
    selectNamed(phrase, scope) ??
    selectGroup(phrase, scope) ??
    selectMeantBefore(phrase, scope) ??
    selectEverything(phrase, scope) ??
    selectByStem(phrase, scope) ?? { files: [], missing: [], what: "no file", assumptions: [], isAll: false }
  );
}

function found(files: readonly string[], what: string, more: Partial<Selection> = {}): Selection {
  return { files: [...files], missing: [], what, assumptions: [], isAll: false, ...more };
}

/** "files that mention budget": only where a search can be made. */
function selectByQuery(phrase: string, scope: Scope): Selection | undefined {
  const text = searchedText(phrase);
  if (text === undefined || scope.search === undefined) return undefined;
  const paths = scope.search(text) ?? [];
  return found(paths, `${plural(paths.length, "file")} with “${text}”`);
}

function selectNamed(phrase: string, scope: Scope): Selection | undefined {
  const selection = found([], "");
  const folders: string[] = [];
  for (const name of namesIn(phrase, scope)) {
    const matched = findNamed(name, scope);
    if (matched === undefined) selection.missing.push(name);
    else {
      selection.files.push(...matched.files.filter((path) => !selection.files.includes(path)));
      if (matched.assumption) selection.assumptions.push(matched.assumption);
      if (matched.folder !== undefined) folders.push(matched.folder);
    }
  }
  if (selection.files.length === 0 && selection.missing.length === 0 && folders.length === 0)
    return undefined;
  const kind = selectByProperty(phrase, scope.files);
  if (folders.length > 0 && kind !== undefined) {
    selection.files = selection.files.filter((path) => kind.paths.includes(path));
  }
  if (folders.length === 1) selection.folder = folders[0] ?? "";
  selection.what = describe(selection.files);
  return selection;
}

/** Words that look like paths, quoted names, and words that are the whole name of a file without extension. */
function namesIn(phrase: string, { files, folders }: Scope): string[] {
  const quoted = [...phrase.matchAll(/“([^”]+)”/g)].map(([, name = ""]) => name);
  const words = phrase
    .replace(/“[^”]*”/g, " ")
    .split(/[\s,;()]+/)
    .map((word) => word.replace(/[.:!?]+$/, "").replace(/['’]s$/, ""));
  const hasPaths = words.some(isPathLike);
  const isName = (word: string) => {
    if (hasPaths && folders.includes(word)) return true;
    // ".tmp files" and "*.tmp files" are a kind; a dot file has to be there.
    if (/^\.\w+$/.test(word)) return files.some(({ path }) => baseName(path) === word);
    return (
      isPathLike(word) || (/^[A-Z][\w-]+$/.test(word) && files.some(({ path }) => baseName(path) === word))
    );
  };
  return [...quoted, ...words.filter(isName)];
}

function findNamed(
  name: string,
  { files, folders, choose }: Scope,
): { files: string[]; assumption?: string; folder?: string } | undefined {
  const wanted = name.replace(/^(?:\.\/)+/, "").replace(/\/+$/, "");
  const paths = files.map(({ path }) => path);
  if (wanted === "" || wanted === ".") return { files: visible(paths) };
  if (/[*?]/.test(wanted)) {
    const matched = paths.filter((path) => matchesGlob(path, wanted));
    return matched.length > 0 ? { files: matched } : undefined;
  }
  if (paths.includes(wanted)) return { files: [wanted] };
  const folder = folders.find((one) => one.toLowerCase() === wanted.toLowerCase());
  if (folder !== undefined) return { files: paths.filter((path) => isInside(path, folder)), folder };
  const similar = paths.filter((path) => `/${path}`.toLowerCase().endsWith(`/${wanted.toLowerCase()}`));
  const [only] = similar;
  if (only === undefined) return undefined;
  if (similar.length > 1) {
    const chosen = choose?.(wanted, similar);
    return chosen && { files: [...chosen] };
  }
  return { files: [only], assumption: `“${name}” is taken to be ${only}.` };
}

/** A kind or a property of files, or a folder, or both: "markdown files in notes". */
function selectGroup(phrase: string, { files, folders }: Scope): Selection | undefined {
  const chosen = findFolders(phrase, folders);
  const inside = files.filter(
    ({ path }) => chosen.length === 0 || chosen.some((folder) => isInside(path, folder)),
  );
  const kind = selectByProperty(phrase, inside);
  if (kind === undefined && chosen.length === 0) return undefined;
  const paths = kind?.paths ?? visible(inside.map(({ path }) => path));
  const where = chosen.length === 0 ? "" : ` in ${joinWords(chosen)}`;
  const what = paths.length === 1 ? (paths[0] ?? "") : `${kind?.what ?? "every file"}${where}`;
  const [folder] = chosen;
  return found(paths, what, folder === undefined || chosen.length > 1 ? {} : { folder });
}

/** Folders by their bare names: several only where a phrase is nothing but their names. */
function findFolders(phrase: string, folders: readonly string[]): string[] {
  const bare = phrase.replace(/“[^”]*”/g, " ");
  const called = (name: string) => folders.find((folder) => folder === name || baseName(folder) === name);
  const names = bare
    .split(/,|\band\b/)
    .map((part) => part.replace(/\b(?:the|my|our|folders?)\b/g, "").trim());
  const listed = names.map(called).filter((folder) => folder !== undefined);
  if (listed.length > 1 && listed.length === names.length) return listed;
  const byLength = [...folders].sort((a, b) => b.length - a.length);
  const named = byLength.find((folder) => [folder, baseName(folder)].some((name) => isMeant(name, bare)));
  return named === undefined ? [] : [named];
}

function isMeant(name: string, phrase: string): boolean {
  const word = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const before = "(?:in|into|under|inside|within|from|of|out|the|my|our|all|only|touch|skip|ignore)";
  const pattern =
    `\\b${before}\\s+(?:all\\s+)?(?:the\\s+|my\\s+)?(?:folder\\s+|directory\\s+)?${word}(?![\\w.-])(?!\\s+(?:file|of)\\b)` +
    `|(?<![\\w/])${word}\\s+(?:folder|directory)\\b|^\\W*${word}\\W*$`;
  return new RegExp(pattern, "i").test(phrase);
}

function selectMeantBefore(phrase: string, { one, many }: Scope): Selection | undefined {
  const isMany =
    /\b(?:them|they|these|those|each|both|all of (?:them|these|those)|the (?:same )?files)\b/i.test(phrase);
  const isOne = /\b(?:it|its|that(?: file)?|this(?: file)?|the (?:same )?file)\b/i.test(phrase);
  if (isMany && many.length > 0) return found(many, describe(many));
  if (isOne && one.length > 0) return found(one, describe(one));
  if ((isMany || isOne) && !/\bfiles?\b/i.test(phrase) && many.length > 0) return found(many, describe(many));
  return undefined;
}

const everything =
  /\b(?:every|all|each|any|whole|entire)\b.*\b(?:files?|documents?|notes|texts?|workspace|folder|directory)\b|\beverything\b|\ball\b|\b(?:files|documents|workspace)\b|\beach(?: one)?\b|\b(?:one|which|what) (?:file|document|of)\b|\bhere\b/i;

function selectEverything(phrase: string, { files }: Scope): Selection | undefined {
  if (!everything.test(phrase.replace(/“[^”]*”/g, " "))) return undefined;
  const paths = visible(files.map(({ path }) => path));
  return found(paths, paths.length === 1 ? (paths[0] ?? "") : "every file", { isAll: true });
}

/** "the todo list" is `todo.md`, if only one file is called so, or the person says which. */
function selectByStem(phrase: string, { files, choose }: Scope): Selection | undefined {
  const words = phrase.toLowerCase().match(/[\p{L}\p{N}][\p{L}\p{N}_-]{2,}/gu) ?? [];
  const matched = new Map<string, string>();
  const chosen: string[] = [];
  for (const word of words) {
    const called = files.filter(({ path }) => stemOf(path).toLowerCase() === word).map(({ path }) => path);
    if (called.length > 1) chosen.push(...(choose?.(word, called) ?? []));
    else if (called[0] !== undefined) matched.set(word, called[0]);
  }
  if (matched.size === 0 && chosen.length === 0) return undefined;
  const assumptions = [...matched].map(([word, path]) => `“${word}” is taken to be ${path}.`);
  const paths = [...new Set([...matched.values(), ...chosen])];
  return found(paths, describe(paths), { assumptions });
}

function visible(paths: readonly string[]): string[] {
  return paths.filter((path) => !isHidden(path));
}

function describe(paths: readonly string[]): string {
  return paths.length <= 3 ? joinWords(paths) : plural(paths.length, "file");
}
