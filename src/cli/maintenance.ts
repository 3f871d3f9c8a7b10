import { existsSync, statfsSync } from "node:fs";
import { resolve } from "node:path";
import { childrenOf } from "../core/contents.ts";
import { backupDatabase, examineDatabase, type Finding, restoreDatabase } from "../sqlite/index.ts";
import { readSettings, UsageError } from "./settings.ts";

export interface MaintenanceOptions {
  env: NodeJS.ProcessEnv;
  cwd: string;
  print: (line: string) => void;
}

/** `countersign backup <file>`: while the server runs or not. */
export async function backup([file]: string[], { env, cwd, print }: MaintenanceOptions): Promise<number> {
  const { databasePath } = readSettings(env, cwd);
  const to = resolve(cwd, file ?? `countersign-${stamp()}.db`);
  const bytes = await backupDatabase(databasePath, to);
  print(`Backed up ${databasePath} to ${to} (${toMegabytes(bytes)}).`);
  return 0;
}

/** `countersign restore <file>`: the server must be stopped. What was there is kept. */
export async function restore([file]: string[], { env, cwd, print }: MaintenanceOptions): Promise<number> {
  if (file === undefined) throw new UsageError("Say which backup: countersign restore <file>.");
  const { databasePath } = readSettings(env, cwd);
  const aside = await restoreDatabase(resolve(cwd, file), databasePath);
  print(`Restored ${databasePath} from ${file}.${aside ? ` What was there is now ${aside}.` : ""}`);
  return 0;
}

/** `countersign doctor`: what can be seen of every promise, and what to do where one is broken. */
export async function doctor(_args: string[], { env, cwd, print }: MaintenanceOptions): Promise<number> {
  const settings = readSettings(env, cwd);
  const findings: Finding[] = [examineSpace(settings.dataDirectory)];
  if (existsSync(settings.databasePath)) findings.push(...examineDatabase(settings.databasePath, childrenOf));
  else print(`There is no database in ${settings.dataDirectory} yet; the first start makes it.`);
  for (const { promise, level, detail, advice } of findings) {
    const mark = { ok: "ok    ", note: "note  ", broken: "BROKEN" }[level];
    print(`${mark}  ${promise}${detail ? `: ${detail}` : ""}${advice ? `. ${advice}` : ""}`);
  }
  const broken = findings.filter(({ level }) => level === "broken").length;
  print(broken === 0 ? "All promises that can be seen from here hold." : `${broken} broken. See above.`);
  return broken === 0 ? 0 : 1;
}

/** Free space below which a busy server may soon stop accepting, in bytes. */
const scarceBytes = 200 * 1024 * 1024;

function examineSpace(directory: string): Finding {
  const { bavail, bsize } = statfsSync(directory);
  const promise = "There is room on the disk";
  const detail = `${toMegabytes(bavail * bsize)} free in ${directory}`;
  if (bavail * bsize >= scarceBytes) return { promise, level: "ok", detail };
  return { promise, level: "broken", detail, advice: "Make room, or move COUNTERSIGN_DATA." };
}

function toMegabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

function stamp(): string {
  return new Date().toISOString().replaceAll(":", "-").slice(0, 19);
}
