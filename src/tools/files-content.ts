import { randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import { constants, copyFile, type FileHandle, link, lstat, open, rename, unlink } from "node:fs/promises";
import type { OpenDirectory } from "./files-directory.ts";
import { codeOf, FileError, linkError } from "./files-errors.ts";

/** Largest text that is read or written in one call, in bytes. */
export const maxTextBytes = 1_048_576;
/** Largest file that is copied, and largest that appending may lead to, in bytes. */
export const maxFileBytes = 64 * 1_048_576;

/** An entry of a directory: a file or a directory, or undefined when there is none. Links are refused. */
export async function findEntry(
  directory: OpenDirectory,
  name: string,
  path: string,
): Promise<Stats | undefined> {
  await directory.check();
  try {
    const found = await lstat(directory.at(name));
    if (found.isSymbolicLink()) throw linkError(path);
    if (!found.isFile() && !found.isDirectory()) throw notRegular(path);
    return found;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Runs `use` with an existing regular file, open for reading. */
export async function withFile<T>(
  { directory, name, path }: { directory: OpenDirectory; name: string; path: string },
  use: (file: FileHandle, stats: Stats) => Promise<T>,
): Promise<T> {
  await findEntry(directory, name, path);
  // Without O_NONBLOCK, opening a pipe that took the file's place would wait for a writer for ever.
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const file = await open(directory.at(name), flags);
  try {
    await directory.check();
    const stats = await file.stat();
    if (stats.isDirectory()) throw new FileError(`${path} is a directory. Give the path of a file.`);
    if (!stats.isFile()) throw notRegular(path);
    return await use(file, stats);
  } finally {
    await file.close();
  }
}

/** The whole file, at most `limit` bytes of it; a longer one is refused, also when it grows meanwhile. */
export async function readBytes(file: FileHandle, limit: number): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let total = 0;
  for (;;) {
    const part = Buffer.allocUnsafe(65_536);
    const { bytesRead } = await file.read(part, 0, part.length, null);
    if (bytesRead === 0) return Buffer.concat(parts);
    total += bytesRead;
    if (total > limit) return undefined;
    parts.push(part.subarray(0, bytesRead));
  }
}

/** The text of UTF-8 bytes, byte-order mark and all, or undefined when they are not text. */
export function toText(bytes: Buffer): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The bytes of a text that a caller wants written. */
export function toBytes(content: string): Buffer {
  if (/\p{Cs}/u.test(content)) {
    throw new FileError("The content has half a character (a lone surrogate) in it. Send well-formed text.");
  }
  const bytes = Buffer.from(content, "utf8");
  if (bytes.length > maxTextBytes) {
    throw new FileError("The content is over 1 MiB. Write a first part, then add the rest with append_file.");
  }
  return bytes;
}

/**
 * Writes a file beside its place and then puts it there in one step, so that no reader ever sees half of it and
 * a crash leaves the old file or the new one (and perhaps a `.countersign-….tmp`). File and directory entry are
 * on the disk when it returns.
 *
 * @param place.stats - The file that it takes the place of; without it, an entry of that name is never
 * overwritten: EEXIST is thrown.
 */
export async function placeFile(
  place: { directory: OpenDirectory; name: string; stats?: Stats | undefined; mode?: number },
  write: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const { directory, name, stats } = place;
  const temporary = `.countersign-${randomBytes(8).toString("hex")}.tmp`;
  await directory.check();
  const file = await open(directory.at(temporary), "wx");
  try {
    try {
      await directory.check();
      await write(file);
      const mode = place.mode ?? stats?.mode;
      if (mode !== undefined) await file.chmod(mode & 0o777);
      await file.sync();
    } finally {
      await file.close();
    }
    if (stats) await rename(directory.at(temporary), directory.at(name));
    else await linkOrCopy(directory.at(temporary), directory.at(name));
  } finally {
    // After a rename it is gone already.
    await unlink(directory.at(temporary)).catch(() => undefined);
  }
  await directory.sync();
}

/** What link(2) answers on file systems without hard links, and where the kernel protects them. */
export const noHardLinks = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EACCES"]);

/** Without hard links the copy is still never over an existing file, only not in one step. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!noHardLinks.has(codeOf(error) ?? "")) throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL);
  }
}

function notRegular(path: string): FileError {
  return new FileError(`${path} is neither a file nor a directory. Choose a regular file.`);
}
