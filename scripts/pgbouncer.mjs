// PgBouncer, for the tests: the one that is installed, else Debian's package. Run by itself, it prints the program.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fail, run } from "./setup.mjs";

const places = [
  "/usr/sbin/pgbouncer",
  "/usr/bin/pgbouncer",
  "/usr/local/bin/pgbouncer",
  "/opt/homebrew/bin/pgbouncer",
];

/** Installs the program and starts nothing: `policy-rc.d` tells the package so, and goes again. */
const installation = `
  set -e
  export DEBIAN_FRONTEND=noninteractive
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\\nexit 101\\n' > "$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
  fi
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends pgbouncer`;

/** The program: the one named, an installed one, else Debian's package. */
export async function ensurePgbouncer() {
  const named = process.env.PGBOUNCER_BIN;
  if (named !== undefined) {
    if (existsSync(named)) return named;
    fail(`PGBOUNCER_BIN is ${named}, and there is no such program; set it to pgbouncer's path, or unset it.`);
  }
  const found = find();
  if (found !== undefined) return found;
  const isRoot = process.getuid?.() === 0;
  if (existsSync("/usr/bin/apt-get") && (isRoot || spawnSync("sudo", ["-n", "true"]).status === 0)) {
    const command = [...(isRoot ? [] : ["sudo", "-n"]), "sh", "-c", installation];
    await run("Installing PgBouncer for the tests (a few seconds)", command[0], command.slice(1));
    const installed = find();
    if (installed !== undefined) return installed;
  }
  return fail(
    "The tests need PgBouncer, and there is none; install it (Debian: apt-get install pgbouncer), or set PGBOUNCER_BIN to its path.",
  );
}

function find() {
  const onPath = spawnSync("sh", ["-c", "command -v pgbouncer"], { encoding: "utf8" }).stdout?.trim();
  return [onPath, ...places].find((place) => place && existsSync(place));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(`${await ensurePgbouncer()}\n`);
}
