import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runApp, startApp } from "./app.ts";
import { temporaryDirectory } from "./serve.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Files by name; what is no text is written as JSON. */
export type Files = Record<string, string | object>;

/** A project with a `langgraph.json` in a directory of its own, where the packages it needs are installed. */
export async function createProject({ example, files = {} }: { example?: string; files?: Files }) {
  const directory = await temporaryDirectory();
  const at = (name: string) => join(directory.path, name);
  const write = async (more: Files) => {
    for (const [name, content] of Object.entries(more)) {
      await writeFile(at(name), typeof content === "string" ? content : JSON.stringify(content));
    }
  };
  await mkdir(at("node_modules"));
  for (const name of ["@langchain", "hono", "zod"])
    await symlink(join(root, "node_modules", name), at(`node_modules/${name}`));
  await symlink(root, at("node_modules/countersign"));
  if (example !== undefined) await cp(join(root, "examples", example), directory.path, { recursive: true });
  await write(files);
  const start = (command: string, env: Record<string, string> = {}) =>
    startApp({ directory: directory.path, command: [command], env });
  return {
    path: directory.path,
    at,
    write,
    start,
    /** Runs the command until it ends by itself. */
    run: (...command: string[]) => runApp({ directory: directory.path, command }),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}
