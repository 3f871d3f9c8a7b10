import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { unprivileged } from "./postgres-cluster.ts";
import { withHost } from "./postgres-wire.ts";
import { temporaryDirectory } from "./serve.ts";

/** PgBouncer in transaction mode before the database of `url`, on a socket of its own and on no port. */
export async function startPgbouncer(url: string): Promise<{ url: string } & AsyncDisposable> {
  const directory = await temporaryDirectory();
  const { path } = directory;
  const identity = unprivileged();
  const server = new URL(url.replace("@/", "@localhost/")).searchParams.get("host");
  writeFileSync(join(path, "users"), '"countersign" ""\n');
  const settings = {
    unix_socket_dir: path,
    listen_port: 5432,
    auth_type: "trust",
    auth_file: join(path, "users"),
    pool_mode: "transaction",
    default_pool_size: 4,
    max_client_conn: 500,
    ignore_startup_parameters: "extra_float_digits",
    server_idle_timeout: 5,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  const ini = join(path, "pgbouncer.ini");
  writeFileSync(ini, `[databases]\n* = host=${server} port=5432\n[pgbouncer]\n${lines.join("\n")}\n`);
  chmodSync(path, 0o711);
  if (identity.uid !== undefined) chownSync(path, identity.uid, identity.gid ?? identity.uid);
  const log = join(path, "log");
  const file = openSync(log, "a");
  const child = spawn(program(), [ini], { ...identity, cwd: path, stdio: ["ignore", file, file] });
  const ended = once(child, "exit");
  const there = withHost(url, path);
  try {
    await answers(there, () => child.exitCode === null);
  } catch (error) {
    throw new Error(`PgBouncer did not start: ${error}\n${readFileSync(log, "utf8")}`);
  }
  return {
    url: there,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
      await directory[Symbol.asyncDispose]();
    },
  };
}

function program(): string {
  const script = fileURLToPath(new URL("../../scripts/pgbouncer.mjs", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim().split("\n").at(-1) as string;
}

async function answers(url: string, isAlive: () => boolean): Promise<void> {
  for (const patience = Date.now() + 20_000; ; ) {
    const client = new pg.Client(url);
    client.on("error", () => {});
    try {
      await client.connect();
      await client.query("SELECT 1");
      return await client.end();
    } catch (error) {
      await client.end().catch(() => {});
      if (!isAlive() || Date.now() > patience) throw error;
      await wait(20);
    }
  }
}
