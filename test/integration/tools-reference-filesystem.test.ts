import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ConnectedServers, connectServers, describeTool } from "../../src/tools/index.ts";
import { temporaryDirectory, toolOf } from "./tools-support.ts";

const main = fileURLToPath(
  new URL("../../node_modules/@modelcontextprotocol/server-filesystem/dist/index.js", import.meta.url),
);
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let allowed: string;
let connected: ConnectedServers;

beforeAll(async () => {
  directory = await temporaryDirectory();
  allowed = join(directory.path, "allowed");
  await mkdir(allowed);
  await writeFile(join(directory.path, "secret.txt"), "secret");
  const files = {
    command: process.execPath,
    args: [main, allowed],
    countersign: { contentArguments: { write_file: ["content"] } },
  };
  connected = await connectServers({ mcpServers: { files } });
});

afterAll(async () => {
  await connected?.close();
  await directory.remove();
});

test("the reference filesystem server writes and reads in its directory", async () => {
  const path = join(allowed, "a.txt");
  await toolOf(connected, "write_file").invoke({ path, content: "hello" });
  expect(await readFile(path, "utf8")).toBe("hello");
  expect(await toolOf(connected, "read_text_file").invoke({ path })).toBe("hello");
});

test("its annotations give risk, and the configuration says what is content", () => {
  expect(describeTool(toolOf(connected, "read_text_file"))).toMatchObject({ risk: "read", idempotent: true });
  expect(describeTool(toolOf(connected, "write_file"))).toMatchObject({
    risk: "destructive",
    contentArguments: ["content"],
  });
});

test("a path that it denies is a ToolError, not a call in doubt", async () => {
  const path = join(directory.path, "secret.txt");
  const denied = toolOf(connected, "read_text_file").invoke({ path });
  await expect(denied).rejects.toMatchObject({ name: "ToolError", message: /Access denied/ });
  await expect(denied).rejects.not.toHaveProperty("code");
});
