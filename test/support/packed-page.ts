import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("../..", import.meta.url));
const example = join(root, "examples", "embed");

/**
 * A directory of a stranger: the example beside `node_modules`, in which the package is what `npm pack` makes of it,
 * and all else what is installed here.
 */
export function packInto(directory: string): string {
  const home = join(directory, "stranger");
  const modules = join(home, "node_modules");
  mkdirSync(modules, { recursive: true });
  const packed = execFileSync("npm", ["pack", "--silent", "--pack-destination", directory], {
    cwd: root,
    encoding: "utf8",
  }).trim();
  execFileSync("tar", ["-xzf", join(directory, packed), "-C", directory]);
  renameSync(join(directory, "package"), join(modules, "countersign"));
  const { dependencies, peerDependencies } = JSON.parse(
    readFileSync(join(modules, "countersign", "package.json"), "utf8"),
  ) as Record<"dependencies" | "peerDependencies", Record<string, string>>;
  const types = ["@types/react", "@types/react-dom", "vite"];
  for (const name of [...Object.keys({ ...dependencies, ...peerDependencies }), ...types]) {
    mkdirSync(join(modules, name, ".."), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(modules, name));
  }
  for (const file of readdirSync(example).filter((name) => name !== "node_modules" && name !== "dist"))
    cpSync(join(example, file), join(home, file), { recursive: true });
  return home;
}

/** What the compiler says of the stranger's page, with more files beside it; empty when it is content. */
export function typeErrors(home: string, more: readonly string[]): string {
  for (const file of more) cpSync(file, join(home, file.split("/").at(-1) ?? ""));
  const compiler = join(root, "node_modules", ".bin", "tsc");
  const { stdout } = spawnSync(compiler, ["-p", home], { encoding: "utf8" });
  return stdout.trim();
}

/** The stranger's page as Vite builds it, in `dist` of their directory. */
export async function buildPage(home: string): Promise<string> {
  const outDir = join(home, "dist");
  await build({
    root: home,
    configFile: false,
    logLevel: "error",
    build: { outDir, chunkSizeWarningLimit: 2_000 },
  });
  return outDir;
}
