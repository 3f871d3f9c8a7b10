import { accessSync, constants, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

/** What the environment says; README lists the same. */
export interface Settings {
  port: number;
  host: string;
  dataDirectory: string;
  workspace: string;
  /** Path of an `mcp.json`, or undefined for our own file server on the workspace. */
  mcp: string | undefined;
  /** Path of a file with rules for tools, or undefined for none. */
  policy: string | undefined;
  /** Asked for at login; undefined where nobody has to log in. */
  token: string | undefined;
  databasePath: string;
}

/** Something the person at the terminal can put right. The message is one sentence that says how. */
export class UsageError extends Error {}

/** Reads and checks the settings. @throws {@link UsageError} */
export function readSettings(env: NodeJS.ProcessEnv, cwd: string): Settings {
  const dataDirectory = resolve(cwd, env.COUNTERSIGN_DATA || ".countersign");
  ensureWritable(dataDirectory, "COUNTERSIGN_DATA");
  return {
    port: readPort(env.COUNTERSIGN_PORT),
    host: env.COUNTERSIGN_HOST || "127.0.0.1",
    dataDirectory,
    workspace: resolve(cwd, env.COUNTERSIGN_WORKSPACE || "workspace"),
    mcp: env.COUNTERSIGN_MCP ? resolve(cwd, env.COUNTERSIGN_MCP) : undefined,
    policy: env.COUNTERSIGN_POLICY ? resolve(cwd, env.COUNTERSIGN_POLICY) : undefined,
    token: env.COUNTERSIGN_TOKEN || undefined,
    databasePath: join(dataDirectory, "countersign.db"),
  };
}

/** Where a client in the terminal finds the server: the one that these settings start, or the one they name. */
export function readServerUrl(env: NodeJS.ProcessEnv): { url: string; isSet: boolean } {
  if (env.COUNTERSIGN_URL) return { url: env.COUNTERSIGN_URL, isSet: true };
  const host = env.COUNTERSIGN_HOST || "127.0.0.1";
  const named = ["0.0.0.0", "::"].includes(host) ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return { url: `http://${named}:${readPort(env.COUNTERSIGN_PORT)}`, isSet: false };
}

function readPort(value: string | undefined): number {
  if (value === undefined || value === "") return 2024;
  const port = Number(value);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new UsageError(`COUNTERSIGN_PORT is ${JSON.stringify(value)}; set it to a number from 0 to 65535.`);
}

function ensureWritable(directory: string, setting: string): void {
  try {
    mkdirSync(directory, { recursive: true });
    accessSync(directory, constants.W_OK);
  } catch (error) {
    throw new UsageError(
      `Cannot write to the directory ${directory} (${(error as NodeJS.ErrnoException).code}); set ${setting} to one that you may write to.`,
    );
  }
}
