// PostgreSQL's programs, for the tests: those that are installed, else Debian's package. Never a download of
// our own. Run by itself, it prints the directory they are in.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fail, run } from "./setup.mjs";

/** The oldest major version the store works with. */
const oldest = 14;

/** Directories that hold one directory a major version (`15`, `postgresql@15`, `pgsql-15`). */
const places = ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt", "/usr"];

/**
 * Installs the server and nothing that runs: without `create_main_cluster = false` the package would make a
 * cluster and start it on the port of everybody's PostgreSQL.
 */
const installation = `
  set -e
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends postgresql-common
  conf=/etc/postgresql-common/createcluster.conf
  cp -p "$conf" "$conf.countersign"
  trap 'mv "$conf.countersign" "$conf"' EXIT
  echo "create_main_cluster = false" >> "$conf"
  apt-get install -y -qq --no-install-recommends postgresql`;

/** The directory of `initdb` and `postgres`: the one named, an installed one, else Debian's package. */
export async function ensurePostgres() {
  const named = process.env.POSTGRES_BIN;
  if (named !== undefined) {
    if (hasServer(named)) return named;
    fail(
      `POSTGRES_BIN is ${named}, and there is no initdb; set it to PostgreSQL's bin directory, or unset it.`,
    );
  }
  const found = find();
  if (found !== undefined) return found;
  const isRoot = process.getuid?.() === 0;
  if (existsSync("/usr/bin/apt-get") && (isRoot || spawnSync("sudo", ["-n", "true"]).status === 0)) {
    const command = [...(isRoot ? [] : ["sudo", "-n"]), "sh", "-c", installation];
    await run("Installing PostgreSQL for the tests (half a minute)", command[0], command.slice(1));
    const installed = find();
    if (installed !== undefined) return installed;
  }
  return fail(
    `The tests need PostgreSQL ${oldest} or newer, and there is none; install it (Debian: apt-get install postgresql), or set POSTGRES_BIN to the directory of its programs.`,
  );
}

/** The newest installed version that is new enough. */
function find() {
  const versions = places.flatMap((place) =>
    (existsSync(place) ? readdirSync(place) : []).flatMap((name) => {
      const [, version] = /^(?:postgresql@|pgsql-)?(\d+)$/.exec(name) ?? [];
      return version === undefined ? [] : [{ version: Number(version), bin: join(place, name, "bin") }];
    }),
  );
  const fit = versions.filter(({ version, bin }) => version >= oldest && hasServer(bin));
  return fit.sort((a, b) => b.version - a.version)[0]?.bin ?? onPath();
}

function onPath() {
  const { status, stdout } = spawnSync("pg_config", ["--bindir"], { encoding: "utf8" });
  const bin = status === 0 ? stdout.trim() : "";
  if (!hasServer(bin)) return undefined;
  const said = spawnSync(join(bin, "postgres"), ["--version"], { encoding: "utf8" }).stdout;
  return Number(/(\d+)/.exec(said ?? "")?.[1]) >= oldest ? bin : undefined;
}

function hasServer(bin) {
  return existsSync(join(bin, "initdb")) && existsSync(join(bin, "postgres"));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(`${await ensurePostgres()}\n`);
}
