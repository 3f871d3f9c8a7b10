import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { isAlive, openCluster } from "./postgres-cluster.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** A directory of this run, for the clusters that its test files start when they need one. */
    postgresRun: string;
  }
}

/** Short, and below a short directory: the path of a socket has at most 107 bytes. */
const place = tmpdir().length < 50 ? tmpdir() : "/tmp";
const prefix = "countersign-run-";

/** Makes the place for this run's clusters; what it returns ends and removes them. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await sweep();
  const run = mkdtempSync(join(place, prefix));
  chmodSync(run, 0o711); // the server may run as somebody else
  writeFileSync(join(run, "pid"), String(process.pid));
  project.provide("postgresRun", run);
  return () => remove(run);
}

async function remove(run: string): Promise<void> {
  for (const name of readdirSync(run)) {
    if (name.startsWith("cluster-")) await openCluster(join(run, name)).remove();
  }
  rmSync(run, { recursive: true, force: true });
}

/** Removes what runs left behind that were killed. */
async function sweep(): Promise<void> {
  for (const name of readdirSync(place)) {
    const file = join(place, name, "pid");
    if (!name.startsWith(prefix) || !existsSync(file)) continue;
    if (!isAlive(Number(readFileSync(file, "utf8")))) await remove(join(place, name));
  }
}
