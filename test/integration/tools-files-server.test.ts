import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type ConnectedServers,
  connectServers,
  describeTool,
  type StdioServerConfig,
} from "../../src/tools/index.ts";
import { builtFilesServer, temporaryDirectory, toolOf } from "./tools-support.ts";

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let workspace: string;
let entry: StdioServerConfig;
let connected: ConnectedServers;

beforeAll(async () => {
  directory = await temporaryDirectory();
  workspace = join(directory.path, "workspace");
  await mkdir(workspace);
  const { filesServerConfig } = await builtFilesServer();
  entry = filesServerConfig(workspace);
  connected = await connectServers({ mcpServers: { files: entry } });
});

afterAll(async () => {
  await connected?.close();
  await directory.remove();
});

test("the built server starts from its mcp.json entry and offers its tools under their own names", () => {
  expect(connected.servers).toEqual([
    {
      name: "files",
      status: "ready",
      tools: [
        "list_files",
        "read_file",
        "count_text",
        "find_files",
        "search_text",
        "write_file",
        "replace_file",
        "append_file",
        "copy_file",
        "move_file",
        "delete_file",
        "make_directory",
      ],
    },
  ]);
});

test("files are written, listed and read in the real directory", async () => {
  expect(await toolOf(connected, "list_files").invoke({})).toBe("(empty)");
  expect(await toolOf(connected, "write_file").invoke({ path: "notes/a.md", content: "grün\n" })).toBe(
    "Wrote notes/a.md (6 bytes).\n\n--- /dev/null\n+++ b/notes/a.md\n@@ -0,0 +1,1 @@\n+grün",
  );
  expect(await readFile(join(workspace, "notes/a.md"), "utf8")).toBe("grün\n");
  expect(await toolOf(connected, "list_files").invoke({})).toBe("notes/\nnotes/a.md (6 bytes)");
  expect(await toolOf(connected, "read_file").invoke({ path: "notes/a.md" })).toBe("grün\n");
});

test("what a plan needs to know of a tool survives the way through the protocol", () => {
  const specs = Object.fromEntries(
    connected.tools.map((tool) => {
      const { risk, idempotent, contentArguments } = describeTool(tool);
      return [tool.name, { risk, idempotent, contentArguments }];
    }),
  );
  const read = { risk: "read", idempotent: true, contentArguments: [] };
  expect(specs).toEqual({
    list_files: read,
    read_file: read,
    count_text: read,
    find_files: read,
    search_text: read,
    write_file: { risk: "write", idempotent: true, contentArguments: ["content"] },
    replace_file: { risk: "destructive", idempotent: true, contentArguments: ["content"] },
    append_file: { risk: "write", idempotent: false, contentArguments: ["content"] },
    copy_file: { risk: "write", idempotent: false, contentArguments: [] },
    move_file: { risk: "destructive", idempotent: false, contentArguments: [] },
    delete_file: { risk: "destructive", idempotent: false, contentArguments: [] },
    make_directory: { risk: "write", idempotent: true, contentArguments: [] },
  });
});

test("a refusal is a ToolError that says what to do", async () => {
  const refused = toolOf(connected, "read_file").invoke({ path: "../compiled/package.json" });
  await expect(refused).rejects.toMatchObject({
    name: "ToolError",
    message: /Give a path relative to the workspace/,
  });
});

test("a workspace that does not exist is reported in words, with the rest of the configuration working", async () => {
  const missing = { ...entry, args: [entry.args?.[0] ?? "", join(directory.path, "nowhere")] };
  const both = await connectServers({ mcpServers: { missing, files: entry } });
  try {
    expect(both.servers).toMatchObject([
      { name: "missing", status: "failed", error: /nowhere is not a directory\. Create it/, tools: [] },
      { name: "files", status: "ready" },
    ]);
    expect(await toolOf(both, "count_text").invoke({ path: "notes/a.md" })).toBe(
      "notes/a.md: 1 line, 1 word, 5 characters, 6 bytes",
    );
  } finally {
    await both.close();
  }
});

test("a Ctrl+C that reaches every process of a terminal does not end the server under its caller", async () => {
  const transport = new StdioClientTransport({
    command: entry.command,
    args: entry.args ?? [],
    stderr: "ignore",
  });
  const client = new Client({ name: "test", version: "1" });
  await client.connect(transport);
  try {
    process.kill(transport.pid ?? 0, "SIGINT");
    const { content } = await client.callTool({ name: "count_text", arguments: { path: "notes/a.md" } });
    expect(content).toMatchObject([{ text: /^notes\/a\.md: 1 line/ }]);
  } finally {
    await client.close();
  }
});

test("the server ends by itself when the process that started it is gone", async () => {
  const child = spawn(entry.command, entry.args ?? [], { stdio: ["pipe", "ignore", "ignore"] });
  const exited = once(child, "exit");
  child.stdin.end();
  expect(await exited).toEqual([0, null]);
});
