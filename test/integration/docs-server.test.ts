import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openInterrupts, sendCommand, waitForStatus } from "../support/command.ts";
import { startOpenAiServer } from "../support/openai-server.ts";
import { temporaryDirectory } from "../support/serve.ts";

const program = fileURLToPath(new URL("../../examples/server.mjs", import.meta.url));

/** A language model that plans one file and is content with it. */
function startModel() {
  const steps = [
    { id: "s1", title: "Write it", why: "", tool: "write_file", args: { path: "hi.txt", content: "hi" } },
  ];
  return startOpenAiServer({
    script: ({ tools = [] }) =>
      tools.some(({ function: { name } }) => name === "propose_plan")
        ? { calls: [{ name: "propose_plan", args: { title: "Say hi", summary: "", steps } }] }
        : "Said hi.",
  });
}

test("the server of the README runs as it stands: it plans, waits, and does what was approved", async () => {
  await using directory = await temporaryDirectory();
  await using model = await startModel();
  const child = spawn(process.execPath, [program], {
    cwd: directory.path,
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      PATH: process.env.PATH ?? "",
      PORT: "0",
      OPENAI_API_KEY: "sk-test",
      OPENAI_BASE_URL: model.url,
    },
  });
  const exited = once(child, "exit");
  try {
    let printed = "";
    for await (const chunk of child.stdout) {
      printed += String(chunk);
      if (/port: \d+/.test(printed)) break;
    }
    const url = `http://127.0.0.1:${printed.match(/port: (\d+)/)?.[1]}`;
    const threadId = crypto.randomUUID();
    const input = { messages: [{ role: "user", content: "say hi" }] };
    await sendCommand(url, threadId, { method: "run.start", params: { assistant_id: "agent", input } });
    const [asked] = openInterrupts(await waitForStatus(url, threadId, "interrupted"));
    expect(() => readFileSync(join(directory.path, "workspace/hi.txt"))).toThrow(/ENOENT/);
    const { digest } = (asked?.value.plan ?? {}) as { digest?: string };
    const reply = await sendCommand(url, threadId, {
      method: "input.respond",
      params: { interrupt_id: asked?.id, response: { type: "approve", digest } },
      headers: { origin: "http://localhost:5173" },
    });
    expect(reply.type).toBe("success");
    await waitForStatus(url, threadId, "idle");
    expect(readFileSync(join(directory.path, "workspace/hi.txt"), "utf8")).toBe("hi");
  } finally {
    child.kill();
    await exited;
  }
});
