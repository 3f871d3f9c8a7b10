/** A refusal or failure whose message is written for the caller: what is wrong, then what to do next. */
export class FileError extends Error {
  override name = "FileError";
}

/** Turns what the file system threw into words. Real paths of the machine never appear in them. */
export function toFileError(error: unknown, path: string): FileError | undefined {
  if (error instanceof FileError) return error;
  const code = codeOf(error);
  return code === undefined ? undefined : new FileError(sentenceFor(code, path));
}

export function codeOf(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === "string" && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

export function linkError(path: string): FileError {
  return new FileError(
    `${path} is a symbolic link, and links are never followed here. Use the path of the real file.`,
  );
}

function sentenceFor(code: string, path: string): string {
  switch (code) {
    case "ENOENT":
      return `There is no ${path} in the workspace. Call list_files to see what there is.`;
    case "ENOTDIR":
      return `A part of ${path} is a file, not a directory. Call list_files to see what there is.`;
    case "EISDIR":
      return `${path} is a directory. Give the path of a file.`;
    case "ELOOP":
      return linkError(path).message;
    case "EEXIST":
      return `${path} exists already. Choose another path, or delete it first.`;
    case "ENOTEMPTY":
      return `${path} is not empty. Delete or move what is in it first.`;
    case "ENAMETOOLONG":
      return `A name in ${path} is too long for the file system. Choose a shorter one (255 bytes at most).`;
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return `The file system does not permit this on ${path}. Ask the person to change its permissions.`;
    case "ENOSPC":
    case "EDQUOT":
      return "The disk is full, and nothing was changed. Ask the person to make room.";
    case "EXDEV":
      return `${path} is on another disk. Use copy_file, then delete_file.`;
    default:
      return `The file system refused ${path} (${code}). Try another path, or ask the person to look at it.`;
  }
}
