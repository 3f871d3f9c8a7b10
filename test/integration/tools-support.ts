import { execFile } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { StructuredToolInterface } from "@langchain/core/tools";
import type { ConnectedServers, filesServerConfig } from "../../src/tools/index.ts";

const repository = fileURLToPath(new URL("../../", import.meta.url));

export const fixtureServer = fileURLToPath(new URL("./tools-fixture-server.mjs", import.meta.url));

export async function temporaryDirectory(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await realpath(await mkdtemp(join(tmpdir(), "countersign-tools-")));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/**
 * Compiles the file server as the package's build does, into a directory of its own, and imports
 * `filesServerConfig` from there: Node 20 runs no TypeScript, and `dist` may be missing or old. Only what the
 * server imports is compiled (a second), so another layer that does not compile today breaks nothing here. The
 * link to node_modules is how the compiled files find their packages.
 */
export async function compileFilesServer(
  directory: string,
): Promise<{ filesServerConfig: typeof filesServerConfig }> {
  const out = join(directory, "compiled");
  await mkdir(out, { recursive: true });
  await symlink(join(repository, "node_modules"), join(out, "node_modules"));
  await writeFile(join(out, "package.json"), JSON.stringify({ type: "module" }));
  const config = join(directory, "tsconfig.json");
  const files = ["files-server-main.ts", "files-server-config.ts"];
  await writeFile(
    config,
    JSON.stringify({
      extends: join(repository, "tsconfig.build.json"),
      compilerOptions: {
        rootDir: join(repository, "src"),
        outDir: join(out, "dist"),
        incremental: false,
        tsBuildInfoFile: null,
        typeRoots: [join(repository, "node_modules/@types")],
      },
      files: files.map((file) => join(repository, "src/tools", file)),
      include: [],
    }),
  );
  const compiler = join(repository, "node_modules/typescript/bin/tsc");
  await promisify(execFile)(process.execPath, [compiler, "-p", config]);
  return import(pathToFileURL(join(out, "dist/tools/files-server-config.js")).href);
}

export function toolOf({ tools }: ConnectedServers, name: string): StructuredToolInterface {
  const tool = tools.find((candidate) => candidate.name === name);
  if (!tool) throw new Error(`no tool ${name} among ${tools.map((each) => each.name).join(", ")}`);
  return tool;
}
