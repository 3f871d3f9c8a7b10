import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleOf } from "./bundle-servers.ts";

/** The command line as it is published. */
export const publishedCli = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

export interface AppOptions {
  /** Data and workspace live in it. */
  directory: string;
  env?: Record<string, string>;
  /** Arguments of the command line as it is published. Default: `start`, of the bundle of it that starts faster. */
  command?: readonly string[];
}

export interface RunningApp {
  url: string;
  /** The line it printed when it was ready. */
  line: string;
  workspace: string;
  /** All it has printed so far. */
  output(): string;
  stop(): Promise<void>;
  /** SIGKILL: no chance to tidy up. */
  kill(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts the built app as `npm start` does, as a process of its own, on a free port. */
export async function startApp(options: AppOptions): Promise<RunningApp> {
  const { child, output } = spawnApp(options);
  const ready = await readyLine(child, output);
  const url = ready.match(/http:\/\/[\d.]+:\d+/)?.[0] ?? "";
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  };
  const stop = () => end("SIGTERM");
  return {
    url,
    line: ready,
    workspace: join(options.directory, "workspace"),
    output,
    stop,
    kill: () => end("SIGKILL"),
    [Symbol.asyncDispose]: stop,
  };
}

/** Runs the app until it ends by itself. */
export async function runApp(options: AppOptions): Promise<{ code: number | null; output: string }> {
  const { child, output } = spawnApp(options);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output: output() };
}

function spawnApp({ directory, env = {}, command }: AppOptions): {
  child: ChildProcess;
  output: () => string;
} {
  const args = command ? [publishedCli, ...command] : [bundleOf("cli"), "start"];
  const child = spawn(process.execPath, args, {
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env.PATH ?? "",
      HOME: directory,
      COUNTERSIGN_PORT: "0",
      COUNTERSIGN_MODEL: "offline",
      COUNTERSIGN_OFFLINE_DELAY_MS: "0",
      ...env,
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

function readyLine(child: ChildProcess, output: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const line = output()
        .split("\n")
        .find((one) => one.startsWith("Countersign http"));
      if (line !== undefined) resolve(line);
    };
    child.stdout?.on("data", look);
    child.once("exit", (code) => reject(new Error(`The app ended with ${code}: ${output()}`)));
  });
}
