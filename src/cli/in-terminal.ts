import { userInfo } from "node:os";
import { answer, approve, chat, inbox, reject, runCommand } from "../terminal/index.ts";
import { readServerUrl } from "./settings.ts";
import type { StartOptions } from "./start.ts";

const commands = { chat, inbox, approve, reject, answer };

/** Runs a command of the terminal. Returns the exit code. */
export async function runInTerminal(
  command: keyof typeof commands,
  args: readonly string[],
  options: StartOptions,
): Promise<number> {
  const { env } = options;
  const { url, isSet } = readServerUrl(env);
  return runCommand(commands[command], args, {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env,
    url,
    isUrlSet: isSet,
    token: env.COUNTERSIGN_TOKEN || undefined,
    userName: nameOfUser(),
    async startServer() {
      const { open } = await import("./start.ts");
      return open(options);
    },
  });
}

function nameOfUser(): string {
  try {
    return userInfo().username || "anonymous";
  } catch {
    // A user id without an entry, as in some containers.
    return "anonymous";
  }
}
