// The peers have a lock file of their own: `npm install` of the project does not bring them.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { run } from "../scripts/setup.mjs";

const directory = fileURLToPath(new URL(".", import.meta.url));
const stamp = `${directory}node_modules/.installed`;

/** Installs the peers as the lock file says. They use the project's own engine, the same for all. */
export async function installPeers() {
  const wanted = readFileSync(`${directory}package-lock.json`, "utf8");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  await run("Installing the servers to compare with (about 10 s, only this once)", "npm", [
    "install",
    "--prefix",
    directory,
    "--no-save",
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
    "--legacy-peer-deps",
    "--loglevel=error",
  ]);
  writeFileSync(stamp, wanted);
}
