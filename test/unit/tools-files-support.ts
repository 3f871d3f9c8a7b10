import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { createFilesServer } from "../../src/tools/index.ts";

/** The two ways a directory is held; the second is what systems other than Linux have. */
export const waysToHold = [
  ["held by descriptor", true],
  ["held by path", false],
] as const;

export interface FilesFixture {
  /** Holds `workspace` and whatever a test puts beside it. */
  outside: string;
  root: string;
  client: Client;
  /** The text of a result, whether it is an error or not. */
  call(name: string, args: Record<string, unknown>): Promise<{ text: string; isError: boolean }>;
  close(): Promise<void>;
}

/** A file server on a new workspace, over an in-memory transport. */
export async function openFiles(byDescriptor: boolean): Promise<FilesFixture> {
  const outside = await realpath(await mkdtemp(join(tmpdir(), "countersign-files-")));
  const root = join(outside, "workspace");
  await mkdir(root);
  const server = createFilesServer({ root, byDescriptor });
  const client = new Client({ name: "test", version: "1" });
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(theirs), client.connect(ours)]);
  return {
    outside,
    root,
    client,
    async call(name, args) {
      const result = (await client.callTool({ name, arguments: args })) as CallToolResult;
      const [block] = result.content;
      return { text: block?.type === "text" ? block.text : "", isError: result.isError === true };
    },
    async close() {
      await client.close();
      await server.close();
      await rm(outside, { recursive: true, force: true });
    },
  };
}
