import { FileError } from "./files-errors.ts";

/** A path inside the workspace, checked. */
export interface WorkspacePath {
  /** `/` between names, as `notes/ideas.txt`; `.` for the workspace itself. */
  text: string;
  /** The names on the way; none for the workspace itself. */
  names: readonly string[];
}

/** Longest path, in UTF-16 units. */
export const maxPathLength = 1_024;

const advice = "Give a path relative to the workspace, such as notes/ideas.txt.";

/**
 * What no path may contain, and why. Percent-encodings are never decoded here, but a caller that writes
 * `%2e%2e` means something that is not a file's name. Characters that reorder text would show a person who
 * approves the call another path than the one that is used.
 */
const refusals: readonly (readonly [RegExp, string])[] = [
  [/[\p{Cc}\p{Cs}]/u, "contains a control character"],
  [/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u, "contains a character that reorders text"],
  [/\\/, "contains a backslash"],
  [/^\//, "is absolute"],
  [/^~($|\/)/, "starts at a home directory"],
  [/^[a-z]:/i, "starts with a drive letter"],
  [/^([a-z][a-z0-9+.-]*:\/|file:)/i, "is a URL"],
  [/%(25)*(2e|2f|5c|00)/i, "is percent-encoded"],
  [/(^|\/)\.\.[. ]*(\/|$)/, 'contains ".."'],
];

/**
 * Reads a path as a model wrote it. Purely textual: whether a link hides in it is decided when it is opened.
 *
 * @throws {@link FileError} when the path could mean anything but a place inside the workspace.
 */
export function parseWorkspacePath(input: string): WorkspacePath {
  if (input === "") throw new FileError('The path is empty. Use "." for the workspace itself.');
  if (input.length > maxPathLength) {
    throw new FileError(`The path is longer than ${maxPathLength} characters. Give a shorter one.`);
  }
  // A full-width dot or slash is no separator to this file system, but it is to one that folds names.
  for (const form of [input, input.normalize("NFKC")]) {
    const reason = refusals.find(([pattern]) => pattern.test(form))?.[1];
    if (reason) throw new FileError(`The path ${JSON.stringify(input)} ${reason}. ${advice}`);
    if (process.platform === "win32" && form.includes(":")) {
      throw new FileError(`The path ${JSON.stringify(input)} names a data stream. ${advice}`);
    }
  }
  const names = input.split("/").filter((name) => name !== "" && name !== ".");
  return { text: names.join("/") || ".", names };
}

/** A path that names an entry of the workspace, not the workspace itself. */
export function parseEntryPath(input: string): WorkspacePath {
  const path = parseWorkspacePath(input);
  if (path.names.length === 0) {
    throw new FileError(
      `${JSON.stringify(input)} is the workspace itself. Give the path of something in it.`,
    );
  }
  return path;
}
