import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { FaultPlan } from "./fault-plan.ts";
import { faultPlanVariable } from "./fault-plan.ts";

/** What a harness tells a server in a child process, beside what clients tell it over HTTP. */
export type Control =
  | { type: "arm"; plan: FaultPlan }
  | { type: "clock"; offsetMs: number }
  | { type: "block"; ms: number }
  | { type: "stop" };

export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  /** Resolves when it is gone, with the signal that ended it, or null. */
  readonly exited: Promise<NodeJS.Signals | null>;
  isAlive(): boolean;
  /** All it has printed so far. */
  output(): string;
  /** Returns when the child has done it; for `block`, when it has begun. Throws when the child is gone. */
  tell(control: Control): Promise<void>;
  /** A signal to the process and its whole group. */
  signal(name: NodeJS.Signals): void;
  /** SIGKILL for the whole group: no chance to tidy up. */
  kill(): Promise<void>;
  /** A graceful stop; it ends by itself. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface ServerProcessOptions {
  /** The script to run; it calls `obeyHarness`. */
  script: string;
  env?: Record<string, string>;
  plan?: FaultPlan;
}

/**
 * Starts a server as a process, and as a group of its own, and waits until it is ready. It ends when this
 * process does.
 *
 * @throws Error with all it printed when it ends before it is ready.
 */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { child, output } = spawnChild(options);
  const pid = child.pid as number;
  const isAlive = () => child.exitCode === null && child.signalCode === null;
  const exited = once(child, "exit").then(([, signal]) => {
    signalGroup(pid, "SIGKILL"); // whatever it had started
    return signal as NodeJS.Signals | null;
  });
  const ready = await Promise.race([readyMessage(child), exited]);
  if (ready === null || typeof ready === "string") {
    throw new Error(`The server ended before it was ready (${ready}): ${output()}`);
  }
  const end = async (signal: () => void) => {
    if (isAlive()) signal();
    await exited;
  };
  const tell = createTell(child, exited);
  return {
    url: ready.url,
    pid,
    exited,
    isAlive,
    output,
    tell,
    signal: (name) => signalGroup(pid, name),
    kill: () => end(() => signalGroup(pid, "SIGKILL")),
    stop: () => end(() => void tell({ type: "stop" }).catch(() => {})),
    [Symbol.asyncDispose]: () => end(() => signalGroup(pid, "SIGKILL")),
  };
}

function spawnChild({ script, env = {}, plan }: ServerProcessOptions) {
  const child = spawn(process.execPath, [script], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: {
      PATH: process.env.PATH ?? "",
      HOME: process.env.HOME ?? "",
      ...env,
      ...(plan === undefined ? {} : { [faultPlanVariable]: JSON.stringify(plan) }),
    },
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  return { child, output: () => text };
}

function readyMessage(child: ChildProcess): Promise<{ url: string }> {
  return new Promise((resolve) => {
    const look = (message: unknown) => {
      const { type, url } = message as { type: string; url: string };
      if (type !== "ready") return;
      child.off("message", look);
      resolve({ url });
    };
    child.on("message", look);
  });
}

function createTell(child: ChildProcess, exited: Promise<unknown>) {
  let last = 0;
  return async (control: Control): Promise<void> => {
    last += 1;
    const id = last;
    const done = new Promise<void>((resolve) => {
      const look = (message: unknown) => {
        if ((message as { done?: number }).done !== id) return;
        child.off("message", look);
        resolve();
      };
      child.on("message", look);
    });
    child.send({ id, control }, () => {}); // a child that is gone tells so by its exit
    const gone = exited.then(() => {
      throw new Error(`The server is gone; it was to ${control.type}.`);
    });
    await Promise.race([done, gone]);
  };
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
