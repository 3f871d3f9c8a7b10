// What `npm start` and `npm test` share: Node's version, the dependencies, the build. No dependencies of
// its own: it runs before there are any.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

const minimum = [20, 19];

/** Ends the process with one sentence when Node is too old. */
export function checkNode(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > minimum[0] || (major === minimum[0] && minor >= minimum[1])) return;
  fail(
    `Countersign needs Node ${minimum.join(".")} or newer, and this is ${version}; install a newer one from nodejs.org.`,
  );
}

/** Says what is wrong in one sentence, and ends. */
export function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

/** Installs what the lock file says, when that is not what is installed. */
export async function install() {
  const stamp = join(root, "node_modules", ".countersign-installed");
  const wanted = hashOf(readFileSync(join(root, "package-lock.json")));
  if (read(stamp) === wanted) return;
  // Not `npm ci`: it refuses a lock file that lacks other platforms' optional binaries, which not every
  // registry has. `--no-save` keeps to the lock file just as well, and never changes it.
  await run(
    "Installing the dependencies (a minute or two; better-sqlite3 may have to compile, which alone takes about 75 s)",
    "npm",
    ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"],
    headersOfNode(),
  );
  writeFileSync(stamp, wanted);
}

/**
 * Where a native module finds Node's headers when they came with this Node; without it, node-gyp downloads them,
 * which not every network lets it do.
 */
function headersOfNode() {
  if (process.env.npm_config_nodedir) return {}; // chosen by whoever runs this
  const prefix = join(dirname(process.execPath), "..");
  const header = read(join(prefix, "include", "node", "node_version.h")) ?? "";
  const part = (name) => header.match(new RegExp(`#define NODE_${name}_VERSION (\\d+)`))?.[1];
  const version = `${part("MAJOR")}.${part("MINOR")}.${part("PATCH")}`;
  return version === process.versions.node ? { npm_config_nodedir: prefix } : {};
}

/** Compiles what has changed since the last build. */
export async function build() {
  const stamp = join(root, "dist", ".countersign-built");
  const wanted = fingerprint([
    "src",
    "web",
    "package-lock.json",
    "tsconfig.base.json",
    "tsconfig.build.json",
    "tsconfig.react.json",
  ]);
  if (read(stamp) === wanted) return;
  await run("Building (a few seconds)", "npm", ["run", "--silent", "build"]);
  mkdirSync(join(root, "dist"), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** Runs a command with its time on the screen; shows its output only when it fails. */
export async function run(what, command, args, env = {}) {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const isTerminal = process.stdout.isTTY;
  process.stdout.write(`${what} …${isTerminal ? "" : "\n"}`);
  const ticks = setInterval(() => {
    if (isTerminal) process.stdout.write(`\r${what} … ${seconds()} s`);
    else if (seconds() % 15 === 0) process.stdout.write(`  … ${seconds()} s\n`);
  }, 1000);
  const output = [];
  const code = await new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    child.stdout.on("data", (chunk) => output.push(chunk));
    child.stderr.on("data", (chunk) => output.push(chunk));
    child.on("error", (error) => {
      output.push(Buffer.from(String(error)));
      resolve(1);
    });
    child.on("close", resolve);
  });
  clearInterval(ticks);
  process.stdout.write(isTerminal ? `\r${what} … done in ${seconds()} s\n` : `  … done in ${seconds()} s\n`);
  if (code === 0) return;
  process.stderr.write(Buffer.concat(output).toString());
  fail(`${command} ${args.join(" ")} failed; what it said is above.`);
}

/** A hash over the names, sizes and times of what a build depends on. */
function fingerprint(paths) {
  const hash = createHash("sha256");
  const visit = (path) => {
    const stats = statSync(path);
    if (!stats.isDirectory()) return hash.update(`${path} ${stats.size} ${stats.mtimeMs}\n`);
    for (const name of readdirSync(path).sort()) {
      if (name !== "node_modules" && name !== "dist") visit(join(path, name));
    }
  };
  for (const path of paths) visit(join(root, path));
  return hash.digest("hex");
}

function hashOf(bytes) {
  return createHash("sha256").update(bytes).update(process.version).digest("hex");
}

function read(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
