import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { root } from "./setup.mjs";

/** Those of a lane one after the other: what is built stands before what needs it. The lanes side by side. */
const lanes = [
  [
    ["format, lint, layers", "biome", ["ci", "--error-on-warnings", "."]],
    ["types", "tsc", ["-p", "tsconfig.json"]],
    ["dead code", "knip", []],
  ],
  [
    ["library", "tsc", ["-p", "tsconfig.build.json"]],
    ["components", "tsc", ["-p", "tsconfig.react.json"]],
    ["types of the app", "tsc", ["-p", "web/tsconfig.json"]],
    [
      "the app, and its weight",
      "vite",
      ["build", "web", "--config", "web/vite.config.ts", "--logLevel", "warn"],
    ],
    ["package", "publint", ["--strict"]],
  ],
];

/**
 * Format, lint and layers; types; dead code; the package as others will see it. Runs all of them, whatever
 * fails.
 *
 * @returns the names of those that failed.
 */
export async function runChecks() {
  const failed = await Promise.all(
    lanes.map(async (steps) => {
      const names = [];
      for (const step of steps) if (!(await isGood(step))) names.push(step[0]);
      return names;
    }),
  );
  return failed.flat();
}

async function isGood([what, command, args]) {
  const started = Date.now();
  const bin = join(root, "node_modules", ".bin", command);
  const child = spawn(bin, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", resolve);
  });
  const [said, complained, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  const verdict = status === 0 ? "ok" : typeof status === "string" ? `FAILED, ${status}` : "FAILED";
  process.stdout.write(`${said}${complained}${what}: ${verdict} (${seconds} s)\n`);
  return status === 0;
}
