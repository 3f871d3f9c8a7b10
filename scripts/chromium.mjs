import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fail, run } from "./setup.mjs";

/** The first is Chromium without the window around the page: it takes a third less of the processor. */
const names = [
  "chromium-headless-shell",
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
];
const places = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** The path of a Chromium: the one named, one that is installed, else Debian's package. Never a download. */
export async function ensureChromium() {
  const named = process.env.CHROMIUM_PATH;
  if (named !== undefined) {
    if (existsSync(named)) return named;
    fail(`CHROMIUM_PATH is ${named}, and there is nothing; set it to a Chromium, or unset it.`);
  }
  const found = find();
  if (found !== undefined) return found;
  if (onPath("apt-get") !== undefined && (process.getuid?.() === 0 || canSudo())) {
    const sudo = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
    const apt = (what, ...args) => {
      const [command, ...rest] = [...sudo, "apt-get", ...args];
      return run(what, command, rest);
    };
    await apt("Looking up Debian's packages", "update", "-qq");
    const name = names.find(isPackage) ?? "chromium";
    const how = ["install", "-y", "-qq", "--no-install-recommends"];
    await apt("Installing Chromium for the browser tests (half a minute)", ...how, name, "fonts-liberation");
    const installed = find();
    if (installed !== undefined) return installed;
  }
  return fail(
    "The browser tests need Chromium, and there is none; install it (Debian: apt-get install chromium), or set CHROMIUM_PATH.",
  );
}

function find() {
  return names.map(onPath).find((path) => path !== undefined) ?? places.find((path) => existsSync(path));
}

function onPath(name) {
  const { status, stdout } = spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

function isPackage(name) {
  return spawnSync("apt-cache", ["show", "--quiet=2", name]).status === 0;
}

function canSudo() {
  return spawnSync("sudo", ["-n", "true"]).status === 0;
}
