// Child processes and temporary directories: everything started here is ended and removed by `cleanUp`.
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const children = new Set();
const directories = new Set();
const patienceMs = 300_000;
const stopMs = 10_000;
let profiles;

/** From now on, servers write a CPU profile into this directory when they are stopped. */
export function profileServers(directory) {
  profiles = directory;
}

/**
 * Starts a file of `bench/` in a process of its own.
 *
 * @returns `info` it sent when it was ready, `startedInMs`, `ask(type, payload)` and `stop()`.
 */
export async function startChild(file, options = {}) {
  const began = performance.now();
  const isProfiled = profiles !== undefined && file.includes("/servers/");
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [JSON.stringify(options)], {
    execArgv: ["--expose-gc", ...(isProfiled ? ["--cpu-prof", `--cpu-prof-dir=${profiles}`] : [])],
    env: {
      ...process.env,
      LANGCHAIN_CALLBACKS_BACKGROUND: "false",
      LOG_LEVEL: "error",
      LANGSMITH_TRACING: "false",
    },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    serialization: "advanced",
  });
  children.add(child);
  const asked = new Map();
  let nextId = 1;
  const ended = new Promise((resolve) => {
    child.once("exit", (code, signal) => {
      children.delete(child);
      for (const { reject } of asked.values()) {
        reject(new Error(`${file} ended (${signal ?? code}) before it answered.`));
      }
      resolve();
    });
  });
  const info = await new Promise((resolve, reject) => {
    child.once("message", ({ ready }) => resolve(ready));
    void ended.then(() => reject(new Error(`${file} did not start.`)));
  });
  child.on("message", ({ id, result, error }) => {
    const waiting = asked.get(id);
    asked.delete(id);
    if (error) waiting?.reject(new Error(error));
    else waiting?.resolve(result);
  });
  const kill = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  return {
    info,
    pid: child.pid,
    startedInMs: performance.now() - began,
    ask(type, payload) {
      return new Promise((resolve, reject) => {
        const id = nextId++;
        const timer = setTimeout(
          () => reject(new Error(`${file} did not answer ${type} in time.`)),
          patienceMs,
        );
        const settle = (how) => (value) => {
          clearTimeout(timer);
          how(value);
        };
        asked.set(id, { resolve: settle(resolve), reject: settle(reject) });
        child.send({ id, type, payload });
      });
    },
    kill,
    /** Lets it exit; it does when its channel closes. */
    async stop() {
      const timer = setTimeout(kill, stopMs);
      if (child.connected) child.disconnect();
      await ended;
      clearTimeout(timer);
    },
  };
}

/** A directory that `cleanUp` removes, if not the caller. */
export function makeDirectory() {
  const path = mkdtempSync(join(tmpdir(), "countersign-bench-"));
  directories.add(path);
  return path;
}

export function removeDirectory(path) {
  rmSync(path, { recursive: true, force: true });
  directories.delete(path);
}

export function cleanUp() {
  for (const child of children) child.kill("SIGKILL");
  for (const path of directories) rmSync(path, { recursive: true, force: true });
  children.clear();
  directories.clear();
}
