import { randomUUID } from "node:crypto";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import type { Workspace } from "./files-directory.ts";
import { FileError } from "./files-errors.ts";

/** What a tool of the file server works with. */
export interface FilesContext {
  workspace: Workspace;
  /**
   * Runs one call when those before it are done, and makes its text or its failure the result. One at a time,
   * so that two appends to a file cannot lose one, and a listing never shows half of a move. A call that was
   * cancelled while it waited is not run.
   */
  answer(signal: AbortSignal, run: () => Promise<string>): Promise<CallToolResult>;
}

export function createAnswer(): FilesContext["answer"] {
  let last: Promise<unknown> = Promise.resolve();
  return (signal, run) => {
    const result = last.then(async (): Promise<CallToolResult> => {
      try {
        signal.throwIfAborted();
        return { content: [{ type: "text", text: await run() }] };
      } catch (error) {
        return { isError: true, content: [{ type: "text", text: explain(error, signal) }] };
      }
    });
    last = result;
    return result;
  };
}

/** What is not our own refusal stays inside: the caller gets an id, stderr the cause. */
function explain(error: unknown, signal: AbortSignal): string {
  if (error instanceof FileError) return error.message;
  if (signal.aborted) return "The call was cancelled. Call again if it is still wanted.";
  const id = randomUUID();
  console.error(`countersign-files: failure ${id}`, error);
  return `The file server failed unexpectedly (${id}). Ask the person to look for that id in its log.`;
}
