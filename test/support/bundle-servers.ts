import { readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "../..");
const dist = join(root, "dist");
const bundles = join(root, "node_modules/.cache/countersign-test");

/** What tests start as processes, many times over: by its name, the files that are started. */
const sources: Record<string, Record<string, string>> = {
  "fault-server": { main: join(here, "fault-server.mjs") },
  "recording-server": { main: join(here, "recording-server.mjs") },
  cli: {
    main: join(dist, "cli/main.js"),
    // Looked for beside the file that starts it.
    "files-server-main": join(dist, "tools/files-server-main.js"),
  },
};

/**
 * Where such a program is, as few files: it is there in a third of the time that it takes to look up a thousand modules.
 */
export function bundleOf(name: "fault-server" | "recording-server" | "cli"): string {
  return join(bundles, name, "main.js");
}

/** Makes the bundles out of the built library and what is installed, where they are not newer than both. */
export async function setup(): Promise<void> {
  const installed = statSync(join(root, "node_modules/.package-lock.json")).mtimeMs;
  const newest = Math.max(installed, ...[dist, here].flatMap((directory) => changesIn(directory)));
  for (const [name, input] of Object.entries(sources)) {
    const dir = join(bundles, name);
    const made = statSync(join(dir, "main.js"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (made > newest) continue;
    rmSync(dir, { recursive: true, force: true });
    await build({
      input,
      platform: "node",
      external: ["better-sqlite3", "pg", "pg-native"],
      output: { dir, entryFileNames: "[name].js", codeSplitting: Object.keys(input).length > 1 },
      logLevel: "warn",
    });
  }
  // The pages are looked for beside the directory of the command line.
  rmSync(join(bundles, "web"), { force: true });
  symlinkSync(join(dist, "web"), join(bundles, "web"));
}

/** When the scripts in a directory were changed. */
function changesIn(directory: string): number[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.m?js$/.test(name) && !name.startsWith("web"))
    .map((name) => statSync(join(directory, name)).mtimeMs);
}
