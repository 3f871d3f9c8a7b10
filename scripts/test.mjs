// `npm test`: set-up, the checks, all tests. `npm test -- test/unit/plan.test.ts -t digest`: just these, without
// the checks; the arguments are Vitest's.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runChecks } from "./checks.mjs";
import { ensureChromium } from "./chromium.mjs";
import { ensurePgbouncer } from "./pgbouncer.mjs";
import { ensurePostgres } from "./postgres.mjs";
import { build, checkNode, install, root } from "./setup.mjs";

const args = process.argv.slice(2);
const isWhole = args.length === 0;
const named = args.filter((arg) => /unit|integration|e2e/.test(arg));
const needsBrowser = named.length === 0 || named.some((arg) => arg.includes("e2e"));

checkNode();
await install();
await build();
const failedChecks = isWhole ? await runChecks() : [];
const needsPostgres = named.length === 0 || named.some((arg) => arg.includes("integration"));
const env = {
  ...process.env,
  ...(needsBrowser ? { CHROMIUM_PATH: await ensureChromium() } : {}),
  ...(needsPostgres ? { POSTGRES_BIN: await ensurePostgres() } : {}),
  ...(isWhole ? { PGBOUNCER_BIN: await ensurePgbouncer() } : {}),
};

const directory = mkdtempSync(join(tmpdir(), "countersign-tally-"));
const tallyFile = join(directory, "tally.json");
const code = await runVitest();
const counts = existsSync(tallyFile) ? JSON.parse(readFileSync(tallyFile, "utf8")) : {};
const { passed = 0, failed = 0, skipped = 0 } = counts;
rmSync(directory, { recursive: true, force: true });

const faults = [
  ...(failedChecks.length > 0 ? [`Checks failed: ${failedChecks.join("; ")}.`] : []),
  ...(passed + failed === 0 ? ["No test ran."] : []),
  ...(isWhole && skipped > 0 ? [`${skipped} tests were skipped; a whole run skips none.`] : []),
];
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = code === 0 && faults.length > 0 ? 1 : code;

function runVitest() {
  const reporters = ["--reporter=default", `--reporter=${join(root, "scripts", "tally-reporter.mjs")}`];
  return new Promise((resolve) => {
    const child = spawn(join(root, "node_modules", ".bin", "vitest"), ["run", ...reporters, ...args], {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...env, COUNTERSIGN_TALLY_FILE: tallyFile },
    });
    child.on("error", (error) => {
      process.stderr.write(`Vitest did not start: ${error.message}.\n`);
      resolve(1);
    });
    child.on("close", (status) => resolve(status ?? 1));
  });
}
