// `npm run soak`: the fault harness in full, on SQLite and on PostgreSQL, against the built library.
//   --scale 0.1      a tenth of every count
//   --minutes 15     at most; what did not fit is said
//   --seed 7         the same instants and answers again
//   --only sqlite    one store (or postgres); --only races, kills, points or plans: one part
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build, checkNode, install, root } from "./setup.mjs";

const { values } = parseArgs({
  options: {
    scale: { type: "string", default: "1" },
    minutes: { type: "string", default: "60" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    only: { type: "string", multiple: true, default: [] },
  },
});
const { scale, minutes, seed, only } = values;

checkNode();
await install();
await build();
process.stdout.write(`seed ${seed}, scale ${scale}, at most ${minutes} min\n`);

const directory = mkdtempSync(join(tmpdir(), "countersign-soak-"));
const linesFile = join(directory, "lines");
let told = 0;
const timer = setInterval(tell, 500);
const { code, output } = await runVitest();
clearInterval(timer);
tell();
rmSync(directory, { recursive: true, force: true });
if (code !== 0) {
  process.stderr.write(output);
  const again = only.map((one) => ` --only ${one}`).join("");
  process.stderr.write(`Again: npm run soak -- --seed ${seed} --scale ${scale}${again}\n`);
}
process.exitCode = code;

/** Prints the summary lines that came since. */
function tell() {
  const text = existsSync(linesFile) ? readFileSync(linesFile, "utf8") : "";
  process.stdout.write(text.slice(told));
  told = text.length;
}

function runVitest() {
  return new Promise((resolve) => {
    const child = spawn(join(root, "node_modules", ".bin", "vitest"), ["run", "--project", "soak"], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        SOAK_LINES: linesFile,
        SOAK_SCALE: scale,
        SOAK_MINUTES: minutes,
        SOAK_ONLY: only.join(),
        COUNTERSIGN_SEED: seed,
      },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        output += chunk;
      });
    }
    child.on("close", (status) => resolve({ code: status ?? 1, output }));
  });
}
