// `npm run bench`: all measurements. `npm run bench -- growth paused --quick`: just these, with small counts.
import { loadavg } from "node:os";
import { build, checkNode, install } from "../scripts/setup.mjs";
import { installPeers } from "./install.mjs";
import { parseOptions } from "./options.mjs";
import { cleanUp, profileServers } from "./processes.mjs";
import { writeResults } from "./results.mjs";

const options = parseOptions(process.argv.slice(2));
if (typeof options === "string") {
  process.stderr.write(`${options}\n`);
  process.exit(1);
}
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    cleanUp();
    process.exit(130);
  });
}
process.once("exit", cleanUp);

if (options.profiles) profileServers(options.profiles);
checkNode();
await install();
await installPeers();
await build();

/** No measurement may take longer; a whole run of the longest takes half of it. */
const limitMs = 30 * 60_000;
let failed = false;
for (const name of options.selected) {
  const began = performance.now();
  const load = Number(loadavg()[0].toFixed(2));
  const say = (text) => process.stdout.write(`${name}: ${text}\n`);
  say("begins");
  const { measure } = await import(`./measurements/${name}.mjs`);
  try {
    const data = await within(limitMs, measure(options.counts, say));
    await writeResults(name, { data, load, seconds: (performance.now() - began) / 1000, ...options });
    say(`done in ${Math.round((performance.now() - began) / 1000)} s`);
  } catch (error) {
    failed = true;
    say(`failed: ${error?.stack ?? error}`);
  }
  cleanUp();
}
process.exit(failed ? 1 : 0);

function within(ms, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${ms / 60_000} minutes`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
