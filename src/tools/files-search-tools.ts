import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
import { maxTextBytes, readBytes, toText, withFile } from "./files-content.ts";
import type { FilesContext } from "./files-context.ts";
import { createMatcher } from "./files-match.ts";
import { parseWorkspacePath } from "./files-path.ts";
import { maxEntries } from "./files-read-tools.ts";
import { pathArgument, readOnly } from "./files-schemas.ts";
import { amount, toLine, type WalkEntry, walk } from "./files-walk.ts";

const maxHits = 500;
/** Entries looked at and bytes read by one call: enough for a workspace, not for a disk. */
const maxVisited = 50_000;
const maxSearchedBytes = 256 * 1_048_576;
/** Longest part of a line that is shown, in UTF-16 units. */
const maxShown = 400;

export function registerSearchTools(server: McpServer, context: FilesContext): void {
  registerFindFiles(server, context);
  registerSearchText(server, context);
}

function registerFindFiles(server: McpServer, { workspace, answer }: FilesContext): void {
  server.registerTool(
    "find_files",
    {
      title: "Find files by name",
      description:
        "Finds files and directories by name, one a line like list_files. The name is a part of the path " +
        "(`meeting`) or a glob (`*.md`, `notes/*.txt`, `**/draft*`, `*.{csv,tsv}`); case does not matter.",
      inputSchema: z.strictObject({
        name: z
          .string()
          .min(1, "The name is empty. Give a part of a name or a glob; list_files lists everything.")
          .max(256, "A name has 256 characters at most. Give a shorter part of it.")
          .describe("A part of the path, or a glob."),
        path: pathArgument("The directory to look in; the whole workspace when left out.").default("."),
      }),
      annotations: readOnly,
    },
    ({ name, path }, { signal }) =>
      answer(signal, async () => {
        const matches = createMatcher(name);
        const lines: string[] = [];
        let visited = 0;
        let cut = false;
        await walk(workspace, { path: parseWorkspacePath(path), recursive: true, signal }, (entry) => {
          cut = lines.length === maxEntries || ++visited > maxVisited;
          if (!cut && matches(entry.path)) lines.push(toLine(entry));
          return !cut;
        });
        if (lines.length === 0) lines.push(`No file matches ${JSON.stringify(name)}.`);
        if (cut)
          lines.push("(Not all of the workspace was looked at. Call find_files with a path inside it.)");
        return lines.join("\n");
      }),
  );
}

function registerSearchText(server: McpServer, { workspace, answer }: FilesContext): void {
  server.registerTool(
    "search_text",
    {
      title: "Search text",
      description:
        "Finds the lines of text files that contain a text, one hit a line: `notes/ideas.txt:12: the line`. The " +
        "query is taken literally, not as a pattern. Binary files and files over 1 MiB are not searched.",
      inputSchema: z.strictObject({
        query: z
          .string()
          .min(1, "The query is empty. Give the text to look for.")
          .max(1_000, "A query has 1,000 characters at most. Give a shorter part of the text.")
          .regex(/^[^\r\n]*$/, "A query is one line. Search for each line by itself.")
          .describe("The text to look for, within one line."),
        path: pathArgument("A directory or a file to search; the whole workspace when left out.").default(
          ".",
        ),
        case_sensitive: z.boolean().default(false).describe("Whether A and a are different."),
      }),
      annotations: readOnly,
    },
    ({ query, path, case_sensitive }, { signal }) =>
      answer(signal, async () => {
        const search = createSearch(query, case_sensitive);
        await walk(workspace, { path: parseWorkspacePath(path), recursive: true, signal }, search.visit);
        return search.report();
      }),
  );
}

function createSearch(query: string, isCaseSensitive: boolean) {
  const wanted = isCaseSensitive ? query : query.toLowerCase();
  const hits: string[] = [];
  let visited = 0;
  let searchedBytes = 0;
  let skipped = 0;
  let cut = "";

  async function visit(entry: WalkEntry): Promise<boolean> {
    if (++visited > maxVisited || searchedBytes > maxSearchedBytes) {
      cut = "(Not all of the workspace was searched. Call search_text with a path inside it.)";
      return false;
    }
    if (entry.kind !== "file") return true;
    const text = await textOf(entry);
    if (text === undefined) skipped++;
    else searchedBytes += entry.size;
    for (const [index, line] of (text ?? "").split(/\r\n|\r|\n/).entries()) {
      const at = (isCaseSensitive ? line : line.toLowerCase()).indexOf(wanted);
      if (at < 0) continue;
      if (hits.length === maxHits) {
        cut = "(Cut after 500 hits. Search for more of the text, or in one directory.)";
        return false;
      }
      hits.push(`${entry.path}:${index + 1}: ${excerpt(line, at)}`);
    }
    return true;
  }

  function report(): string {
    const lines = hits.length > 0 ? hits : [`No line contains ${JSON.stringify(query)}.`];
    if (skipped > 0)
      lines.push(`(Not searched: ${amount(skipped, "file")}, binary, unreadable or over 1 MiB.)`);
    if (cut) lines.push(cut);
    return lines.join("\n");
  }

  return { visit, report };
}

async function textOf({ directory, name, path, size }: WalkEntry): Promise<string | undefined> {
  if (size > maxTextBytes) return undefined;
  try {
    const bytes = await withFile({ directory, name, path }, (file) => readBytes(file, maxTextBytes));
    return bytes && toText(bytes);
  } catch {
    return undefined;
  }
}

/** The part of a long line around the hit. */
function excerpt(line: string, at: number): string {
  if (line.length <= maxShown) return line;
  const start = Math.max(0, Math.min(at - maxShown / 4, line.length - maxShown));
  const end = start + maxShown;
  return `${start > 0 ? "…" : ""}${line.slice(start, end)}${end < line.length ? "…" : ""}`;
}
