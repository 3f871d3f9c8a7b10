import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** Runs a program of `examples/` in a directory of its own, on a free port, until it is disposed of. */
export async function runExample(file: string, directory: string) {
  const program = fileURLToPath(new URL(`../../examples/${file}`, import.meta.url));
  const child = spawn(process.execPath, [program], {
    cwd: directory,
    stdio: ["ignore", "pipe", "inherit"],
    env: { PATH: process.env.PATH ?? "", PORT: "0" },
  });
  const exited = once(child, "exit");
  let printed = "";
  for await (const chunk of child.stdout) {
    printed += String(chunk);
    if (/port: \d+/.test(printed)) break;
  }
  const port = /port: (\d+)/.exec(printed)?.[1];
  if (port === undefined) throw new Error(`${file} did not listen: ${printed}`);
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose](): Promise<void> {
      child.kill();
      await exited;
    },
  };
}
