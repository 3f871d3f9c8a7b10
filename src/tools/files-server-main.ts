#!/usr/bin/env node
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { createFilesServer } from "./files-server.ts";

// countersign-files <workspace>: speaks MCP on stdin and stdout, and ends when stdin does.
const workspace = process.argv[2];
if (workspace === undefined) {
  console.error("countersign-files: no workspace was given. Start it as: countersign-files <directory>");
  process.exit(2);
}
const root = resolve(workspace);
const found = await stat(root).catch(() => undefined);
if (!found?.isDirectory()) {
  console.error(`countersign-files: ${root} is not a directory. Create it, or give another one.`);
  process.exit(2);
}
// Ctrl+C in a terminal reaches every process in it. The one that started this server may still be finishing a
// call; it closes stdin when it is done, and that ends this process.
if (!process.stdin.isTTY) process.on("SIGINT", () => undefined);
await createFilesServer({ root }).connect(new StdioServerTransport());
