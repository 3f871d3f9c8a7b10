import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { bundleOf } from "./bundle-servers.ts";

export const cli = bundleOf("cli");

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs one command of the built CLI to its end, without a terminal, with `input` as all there is on stdin. */
export async function runCli(
  args: readonly string[],
  {
    url,
    input = "",
    env = {},
    cwd,
  }: { url?: string; input?: string; env?: Record<string, string>; cwd?: string },
): Promise<Ended> {
  const child = spawn(process.execPath, [cli, ...args], {
    stdio: "pipe",
    ...(cwd === undefined ? {} : { cwd }),
    env: { PATH: process.env.PATH ?? "", ...(url === undefined ? {} : { COUNTERSIGN_URL: url }), ...env },
  });
  const closed = once(child, "close") as Promise<[number]>;
  child.stdin.on("error", () => {}); // not every command reads it
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { code, stdout, stderr };
}
