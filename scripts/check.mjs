// Format, lint and layers; types; dead code; the package as others will see it.
import { spawnSync } from "node:child_process";
import { checkNode, install, root } from "./setup.mjs";

checkNode();
await install();
const steps = [
  ["format, lint, layers", "npx", ["biome", "ci", "--error-on-warnings", "."]],
  ["types", "npx", ["tsc", "-p", "tsconfig.json"]],
  ["library", "npm", ["run", "--silent", "build:lib"]],
  ["types of the app", "npx", ["tsc", "-p", "web/tsconfig.json"]],
  ["dead code", "npx", ["knip"]],
  ["package", "npx", ["publint", "--strict"]],
];
for (const [what, command, args] of steps) {
  const started = Date.now();
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) {
    process.stderr.write(`${what}: failed\n`);
    process.exit(1);
  }
  process.stdout.write(`${what}: ok (${((Date.now() - started) / 1000).toFixed(1)} s)\n`);
}
