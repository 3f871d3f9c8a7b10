import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "../..");
const dist = join(root, "dist");

/** The servers that tests start as processes, many times over. */
const sources = ["fault-server.mjs", "recording-server.mjs"];

/**
 * Where such a server is, as one file: it is there in a third of the time that it takes to look up a thousand modules.
 *
 * @param source - its file in test/support
 */
export function bundleOf(source: string): string {
  return join(root, "node_modules/.cache/countersign-test", source);
}

/** Makes the bundles out of the built library and what is installed, where they are not newer than both. */
export async function setup(): Promise<void> {
  const installed = statSync(join(root, "node_modules/.package-lock.json")).mtimeMs;
  const newest = Math.max(installed, ...[dist, here].flatMap((directory) => changesIn(directory)));
  const isNew = (file: string) => (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) > newest;
  for (const source of sources.filter((one) => !isNew(bundleOf(one)))) {
    await build({
      input: join(here, source),
      platform: "node",
      external: ["better-sqlite3", "pg", "pg-native"],
      output: { dir: dirname(bundleOf(source)), entryFileNames: source, codeSplitting: false },
      logLevel: "warn",
    });
  }
}

/** When the scripts in a directory were changed. */
function changesIn(directory: string): number[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.m?js$/.test(name) && !name.startsWith("web"))
    .map((name) => statSync(join(directory, name)).mtimeMs);
}
