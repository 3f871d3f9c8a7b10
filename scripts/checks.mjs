import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "./setup.mjs";

const steps = [
  ["format, lint, layers", "biome", ["ci", "--error-on-warnings", "."]],
  ["types", "tsc", ["-p", "tsconfig.json"]],
  ["library", "tsc", ["-p", "tsconfig.build.json"]],
  ["components", "tsc", ["-p", "tsconfig.react.json"]],
  ["types of the app", "tsc", ["-p", "web/tsconfig.json"]],
  [
    "the app, and its weight",
    "vite",
    ["build", "web", "--config", "web/vite.config.ts", "--logLevel", "warn"],
  ],
  ["dead code", "knip", []],
  ["package", "publint", ["--strict"]],
];

/**
 * Format, lint and layers; types; dead code; the package as others will see it. Runs all of them, whatever
 * fails.
 *
 * @returns the names of those that failed.
 */
export function runChecks() {
  return steps.flatMap(([what, command, args]) => {
    const started = Date.now();
    const bin = join(root, "node_modules", ".bin", command);
    const { status } = spawnSync(bin, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
    const isGood = status === 0;
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    process.stdout.write(`${what}: ${isGood ? "ok" : "FAILED"} (${seconds} s)\n`);
    return isGood ? [] : [what];
  });
}
