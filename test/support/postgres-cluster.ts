import { type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";

/**
 * A PostgreSQL of the tests' own: a fresh directory, reached by a socket in it and by no port, with the
 * durability it has by default. As root it runs as somebody else, since `initdb` refuses root.
 */
export interface Cluster {
  readonly directory: string;
  /** Where to connect to a database of it. */
  url(database: string): string;
  start(): Promise<void>;
  /** Ends the server: `fast` rolls back and says goodbye, `crash` is as good as a power cut. */
  stop(mode: "fast" | "crash"): Promise<void>;
  /** Ends the server and removes its directory. */
  remove(): Promise<void>;
}

/** Initialises a cluster in a new directory below `parent`. It is not started. */
export function createCluster(parent: string, settings: Record<string, string> = {}): Cluster {
  const directory = mkdtempSync(join(parent, "cluster-"));
  const identity = unprivileged();
  if (identity.uid !== undefined) chownSync(directory, identity.uid, identity.gid ?? identity.uid);
  const data = join(directory, "data");
  const initdb = spawnSync(
    join(programs(), "initdb"),
    ["-D", data, "-U", "countersign", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
    { ...identity, cwd: directory, encoding: "utf8" },
  );
  if (initdb.status !== 0) throw new Error(`initdb failed: ${initdb.stderr}${initdb.error ?? ""}`);
  return openCluster(directory, settings);
}

/** A handle of a cluster that exists, started or not. */
export function openCluster(directory: string, settings: Record<string, string> = {}): Cluster {
  const data = join(directory, "data");
  const port = settings.port === undefined ? "" : `&port=${settings.port}`;
  const url = (database: string) =>
    `postgresql://countersign@/${database}?host=${encodeURIComponent(directory)}${port}`;

  async function stop(mode: "fast" | "crash"): Promise<void> {
    const pid = postmaster(directory);
    if (pid === undefined) return;
    const group = mode === "crash" ? [...childrenOf(pid), pid] : [pid];
    for (const one of group) kill(one, mode === "crash" ? "SIGKILL" : "SIGINT");
    while (group.some(isAlive)) await wait(5);
    if (mode === "crash") rmSync(join(data, "postmaster.pid"), { force: true });
  }

  return {
    directory,
    url,
    async start() {
      const log = openSync(join(directory, "log"), "a");
      const options: SpawnOptions = {
        ...unprivileged(),
        cwd: directory,
        detached: true,
        stdio: ["ignore", log, log],
      };
      const all = { listen_addresses: "", max_connections: "200", ...settings };
      const flags = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
      spawn(join(programs(), "postgres"), ["-D", data, "-k", directory, ...flags], options).unref();
      await answers(url("postgres"), join(directory, "log"));
    },
    stop,
    async remove() {
      await stop("crash");
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The pid of the cluster's server, if it runs. */
export function postmaster(directory: string): number | undefined {
  const file = join(directory, "data", "postmaster.pid");
  const pid = existsSync(file) ? Number(readFileSync(file, "utf8").split("\n")[0]) : Number.NaN;
  return Number.isInteger(pid) && isAlive(pid) ? pid : undefined;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {} // it was faster
}

function childrenOf(pid: number): number[] {
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
  const lines = stdout.split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  return lines.flatMap(([child, parent]) => (parent === pid && child !== undefined ? [child] : []));
}

/** Waits until the server takes connections. */
async function answers(url: string, log: string): Promise<void> {
  const patience = Date.now() + 30_000;
  while (true) {
    const client = new pg.Client(url);
    client.on("error", () => {});
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      await client.end().catch(() => {});
      if (Date.now() > patience)
        throw new Error(`PostgreSQL did not start: ${error}\n${readFileSync(log, "utf8")}`);
      await wait(20);
    }
  }
}

let bin: string | undefined;

/** The directory of PostgreSQL's programs. */
function programs(): string {
  if (bin !== undefined) return bin;
  const script = fileURLToPath(new URL("../../scripts/postgres.mjs", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  bin = stdout.trim().split("\n").at(-1) as string;
  return bin;
}

/** Whom a server runs as that refuses root: this user, or for root the package's `postgres`, or `nobody`. */
export function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  for (const name of ["postgres", "nobody"]) {
    const id = (flag: string) => spawnSync("id", [flag, name], { encoding: "utf8" });
    const [uid, gid] = [id("-u"), id("-g")];
    if (uid.status === 0 && gid.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw new Error("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as.");
}
