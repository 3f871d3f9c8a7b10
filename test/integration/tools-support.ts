import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { StructuredToolInterface } from "@langchain/core/tools";
import type { ConnectedServers, filesServerConfig } from "../../src/tools/index.ts";

export const fixtureServer = fileURLToPath(new URL("./tools-fixture-server.mjs", import.meta.url));

export async function temporaryDirectory(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await realpath(await mkdtemp(join(tmpdir(), "countersign-tools-")));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** `filesServerConfig` of the built library: the server is a file beside it, and Node 20 runs no TypeScript. */
export async function builtFilesServer(): Promise<{ filesServerConfig: typeof filesServerConfig }> {
  return import(new URL("../../dist/tools/files-server-config.js", import.meta.url).href);
}

export function toolOf({ tools }: ConnectedServers, name: string): StructuredToolInterface {
  const tool = tools.find((candidate) => candidate.name === name);
  if (!tool) throw new Error(`no tool ${name} among ${tools.map((each) => each.name).join(", ")}`);
  return tool;
}
