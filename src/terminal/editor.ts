import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Opens `$VISUAL`, `$EDITOR` or `vi` on the text, in this terminal, and waits for its end.
 *
 * @throws Error when it cannot be started or ends with a failure; the text it leaves behind is not looked at then.
 */
export async function editText(text: string, fileName: string, env: NodeJS.ProcessEnv): Promise<string> {
  const editor = env.VISUAL || env.EDITOR || "vi";
  const directory = await mkdtemp(join(tmpdir(), "countersign-"));
  const path = join(directory, fileName);
  try {
    await writeFile(path, text, { mode: 0o600 });
    // By the shell, since the setting may hold arguments: EDITOR="code --wait".
    const child = spawn("sh", ["-c", `${editor} "$1"`, "sh", path], { stdio: "inherit", env });
    const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    if (code !== 0) {
      throw new Error(
        `The editor (${editor}) ended with ${signal ?? code}. Set EDITOR to one that works, or press esc.`,
      );
    }
    return await readFile(path, "utf8");
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
