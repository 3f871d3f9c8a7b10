import { spawn } from "node:child_process";
import { ensureChromium } from "./chromium.mjs";
import { build, checkNode, install, root } from "./setup.mjs";

checkNode();
await install();
await build();
const chromium = await ensureChromium();
const child = spawn("npx", ["vitest", "run", ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, CHROMIUM_PATH: chromium },
});
child.on("close", (code) => {
  process.exitCode = code ?? 1;
});
