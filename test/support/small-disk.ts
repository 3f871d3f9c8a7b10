import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ServerProcess } from "../../src/testing/index.ts";

/** A place for a database that can be full, and have space again. */
export interface SmallDisk {
  /** Where the database is to be. */
  readonly path: string;
  /** Lets no more be written, as far as this machine allows a test to. */
  fill(server: ServerProcess): Promise<void>;
  free(server: ServerProcess): Promise<void>;
  [Symbol.dispose](): void;
}

/**
 * A file system of a few megabytes where the machine lets us mount one; else a limit on the size of the
 * server's files; else a store that says its disk is full.
 */
export function createSmallDisk(directory: string): SmallDisk {
  const path = join(directory, "small");
  mkdirSync(path);
  const mount = spawnSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", path]);
  if (mount.status === 0) return createMountedDisk(path);
  const hasLimits = spawnSync("prlimit", ["--version"]).status === 0;
  return hasLimits ? createLimitedDisk(path) : createInjectedDisk(path);
}

function createMountedDisk(path: string): SmallDisk {
  const filler = join(path, "filler");
  return {
    path,
    async fill() {
      for (let size = 1024 * 1024; size >= 4096; ) {
        try {
          appendFileSync(filler, Buffer.alloc(size));
        } catch {
          size /= 2;
        }
      }
    },
    async free() {
      rmSync(filler);
    },
    [Symbol.dispose]() {
      spawnSync("umount", ["--lazy", path]);
    },
  };
}

function createLimitedDisk(path: string): SmallDisk {
  const limit = (pid: number, size: string) => {
    const { status, stderr } = spawnSync("prlimit", ["--pid", String(pid), `--fsize=${size}:unlimited`]);
    if (status !== 0) throw new Error(`prlimit: ${stderr}`);
  };
  return {
    path,
    async fill({ pid }) {
      limit(pid, String(statSync(join(path, "test.db-wal")).size));
    },
    async free({ pid }) {
      limit(pid, "unlimited");
    },
    [Symbol.dispose]() {},
  };
}

function createInjectedDisk(path: string): SmallDisk {
  const arm = (server: ServerProcess, times: number | null) =>
    server.tell({
      type: "arm",
      plan: { faults: times === 0 ? [] : [{ at: "*", times, do: "throw", error: "disk_full" }] },
    });
  return {
    path,
    fill: (server) => arm(server, null),
    free: (server) => arm(server, 0),
    [Symbol.dispose]() {},
  };
}
