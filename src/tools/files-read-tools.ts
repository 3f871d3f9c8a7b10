import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
import { maxTextBytes, readBytes, toText, withFile } from "./files-content.ts";
import type { FilesContext } from "./files-context.ts";
import { type Workspace, withParent } from "./files-directory.ts";
import { FileError } from "./files-errors.ts";
import { parseEntryPath, parseWorkspacePath } from "./files-path.ts";
import { pathArgument, readOnly } from "./files-schemas.ts";
import { amount, toLine, walk } from "./files-walk.ts";

/** Most lines that a listing shows. */
export const maxEntries = 2_000;

export function registerReadTools(server: McpServer, context: FilesContext): void {
  registerListFiles(server, context);
  registerReadFile(server, context);
  registerCountText(server, context);
}

function registerListFiles(server: McpServer, { workspace, answer }: FilesContext): void {
  server.registerTool(
    "list_files",
    {
      title: "List files",
      description:
        "Lists the files and directories of the workspace, one a line, sorted: `notes/ideas.txt (312 bytes)` for " +
        "a file, `notes/` for a directory. Hidden files are included. Start here to learn what there is.",
      inputSchema: z.strictObject({
        path: pathArgument('The directory to list, relative to the workspace; "." for all of it.').default(
          ".",
        ),
        recursive: z.boolean().default(true).describe("Whether to list what is in its directories, too."),
      }),
      annotations: readOnly,
    },
    ({ path, recursive }, { signal }) =>
      answer(signal, async () => {
        const lines: string[] = [];
        let cut = false;
        await walk(workspace, { path: parseWorkspacePath(path), recursive, signal }, (entry) => {
          cut = lines.length === maxEntries;
          if (!cut) lines.push(toLine(entry));
          return !cut;
        });
        if (cut)
          lines.push("(Cut after 2,000 entries. Call list_files on one directory to see the rest of it.)");
        return lines.join("\n") || "(empty)";
      }),
  );
}

function registerReadFile(server: McpServer, { workspace, answer }: FilesContext): void {
  server.registerTool(
    "read_file",
    {
      title: "Read a file",
      description:
        "Returns the text of one file, exactly as it is. UTF-8 text up to 1 MiB; not for binary files.",
      inputSchema: z.strictObject({ path: pathArgument("The file to read, such as notes/ideas.txt.") }),
      annotations: readOnly,
    },
    ({ path }, { signal }) => answer(signal, async () => (await readText(workspace, path)).text),
  );
}

function registerCountText(server: McpServer, { workspace, answer }: FilesContext): void {
  server.registerTool(
    "count_text",
    {
      title: "Count text",
      description:
        "Counts the lines, words, characters (Unicode code points) and bytes of one text file, as " +
        "`notes/ideas.txt: 12 lines, 80 words, 410 characters, 412 bytes`.",
      inputSchema: z.strictObject({ path: pathArgument("The text file to count.") }),
      annotations: readOnly,
    },
    ({ path }, { signal }) =>
      answer(signal, async () => {
        const found = await readText(workspace, path);
        return `${found.path}: ${countsOf(found.text, found.size)}`;
      }),
  );
}

/** A line break at the end closes the last line; it does not begin another. */
function countsOf(text: string, size: number): string {
  const breaks = text.match(/\r\n|\r|\n/g)?.length ?? 0;
  const lines = breaks + (text === "" || /[\r\n]$/.test(text) ? 0 : 1);
  const words = text.match(/\S+/g)?.length ?? 0;
  let characters = 0;
  for (const _ of text) characters++;
  return [
    amount(lines, "line"),
    amount(words, "word"),
    amount(characters, "character"),
    amount(size, "byte"),
  ].join(", ");
}

async function readText(workspace: Workspace, input: string) {
  const path = parseEntryPath(input);
  return withParent(workspace, { path }, (directory, name) =>
    withFile({ directory, name, path: path.text }, async (file) => {
      const bytes = await readBytes(file, maxTextBytes);
      if (bytes === undefined) {
        throw new FileError(`${path.text} is over 1 MiB. Use search_text to find the lines that matter.`);
      }
      const text = toText(bytes);
      if (text === undefined) {
        throw new FileError(
          `${path.text} is not text (UTF-8). Choose a text file; binary files cannot be read.`,
        );
      }
      return { path: path.text, text, size: bytes.length };
    }),
  );
}
