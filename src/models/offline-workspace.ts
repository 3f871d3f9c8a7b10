/** The files as the offline model knows them from a `list_files` result, and small questions about paths. */

export interface WorkspaceFile {
  path: string;
  /** Undefined for a file that the plan itself makes. */
  bytes: number | undefined;
}

export interface Workspace {
  files: readonly WorkspaceFile[];
  /** Without the slash at the end. */
  folders: readonly string[];
  /** The listing says that there is more than it shows. */
  isCut: boolean;
}

export const emptyWorkspace: Workspace = { files: [], folders: [], isCut: false };

/** Reads lines such as `notes/ideas.txt (312 bytes)` and `notes/`. Links and anything else are passed over. */
export function parseListing(text: string): Workspace {
  const files: WorkspaceFile[] = [];
  const folders: string[] = [];
  let isCut = false;
  for (const line of text.split("\n").map((one) => one.trim().replace(/^\.\//, ""))) {
    const [, path, bytes] = /^(.+) \(([\d,]+) bytes?\)$/.exec(line) ?? [];
    if (path !== undefined && bytes !== undefined) {
      files.push({ path, bytes: Number(bytes.replaceAll(",", "")) });
    } else if (/^[^[(].*\/$/.test(line)) folders.push(line.slice(0, -1));
    else if (/\b(more|cut|truncated|limit)\b/i.test(line)) isCut = true;
  }
  return { files, folders, isCut };
}

export function baseName(path: string): string {
  return path.split("/").at(-1) ?? path;
}

/** `""` for what is at the top. */
export function folderOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}

/** In lower case and without the dot; `""` when there is none. */
export function extensionOf(path: string): string {
  const name = baseName(path);
  return name.lastIndexOf(".") > 0 ? name.slice(name.lastIndexOf(".") + 1).toLowerCase() : "";
}

/** The name without folder and extension. */
export function stemOf(path: string): string {
  return baseName(path).replace(/(?<=.)\.[^.]*$/, "");
}

export function joinPath(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

export function isInside(path: string, folder: string): boolean {
  return folder === "" || path.startsWith(`${folder}/`);
}

export function isHidden(path: string): boolean {
  return path.split("/").some((name) => name.startsWith("."));
}

const binary = new Set(
  `7z avi bin bmp class db dll dmg doc docx eot exe gif gz heic ico iso jar jpeg jpg m4a mkv mov mp3 mp4 o odt ogg
  otf pdf png ppt pptx so sqlite tar tgz tif tiff ttf wasm wav webm webp woff woff2 xls xlsx xz zip`.split(
    /\s+/,
  ),
);

/** By its name; a file whose name says nothing is taken for text. */
export function isTextName(path: string): boolean {
  return !binary.has(extensionOf(path));
}

/** Matches `*`, `?` and `**`; a pattern without a slash is held against the last name. Case does not matter. */
export function matchesGlob(path: string, pattern: string): boolean {
  const held = pattern.includes("/") ? path : baseName(path);
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*\*\/?|\*|\?/g, (sign) => (sign === "?" ? "[^/]" : sign === "*" ? "[^/]*" : ".*"));
  return new RegExp(`^${source}$`, "i").test(held);
}

/** `summary.md`, or `summary-2.md` when that is taken, and so on. */
export function freeName(path: string, isTaken: (path: string) => boolean): string {
  if (!isTaken(path)) return path;
  const extension = extensionOf(path) === "" ? "" : baseName(path).slice(stemOf(path).length);
  for (let n = 2; ; n += 1) {
    const candidate = joinPath(folderOf(path), `${stemOf(path)}-${n}${extension}`);
    if (!isTaken(candidate)) return candidate;
  }
}

/** `a`, `a and b`, `a, b and c`. */
export function joinWords(words: readonly string[], conjunction = "and"): string {
  if (words.length <= 1) return words[0] ?? "";
  return `${words.slice(0, -1).join(", ")} ${conjunction} ${words.at(-1)}`;
}

/** `1 file`, `3 files`. */
export function plural(count: number, unit: string): string {
  return `${count.toLocaleString("en-US")} ${unit}${count === 1 ? "" : "s"}`;
}
