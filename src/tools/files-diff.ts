import { FILE_HEADERS_ONLY, formatPatch, type StructuredPatchHunk, structuredPatch } from "diff";
import { toText } from "./files-content.ts";

/** Lines of a diff that are shown, signs and context and all. */
const mostLines = 200;
/** Characters of all of them, and of one. */
const [mostCharacters, longestLine] = [16_000, 400];
/** Lines that may differ: beyond that the search takes long, and the diff says little. */
const mostEdits = 400;
/** Lines of both texts together that are compared: these take half a second on a slow machine. */
const mostCompared = 100_000;
/** Lines around a change. */
const context = 3;
/** Bytes in which the lines before an addition are looked for. */
const mostContextBytes = 8_192;
const noBreak = "\\ No newline at end of file";

/** What a tool has made of a file. */
export type Changed =
  | { path: string; is: "new"; content: string }
  /** `before` is undefined when it could not be read whole. */
  | { path: string; is: "replaced"; content: string; before: Buffer | undefined }
  /** `content` begins on a line of its own. */
  | { path: string; is: "longer"; content: string; before: Buffer };

/**
 * The words, and behind an empty line what changed, as a unified diff between `a/<path>` (or `/dev/null`) and
 * `b/<path>`. Of a long one the first {@link mostLines} are there, each hunk right in itself, and the last line says
 * so in brackets. Where there is none to show, a line in brackets says why; where nothing changed, the words stand alone.
 */
export function withDiff(words: string, changed: Changed): string {
  try {
    const told =
      changed.is === "new"
        ? toPatch(changed, [toHunk(1, 1, signed("+", changed.content))])
        : changed.is === "replaced"
          ? ofReplaced(changed)
          : ofLonger(changed);
    return told === "" ? words : `${words}\n\n${told}`;
  } catch {
    // The file is changed: whatever is wrong here must not make a failure of it.
    return words;
  }
}

function ofReplaced(changed: Extract<Changed, { is: "replaced" }>): string {
  const { before, content } = changed;
  if (before === undefined) return "[no diff: what was in it is over 1 MiB, or cannot be read]";
  const old = toText(before);
  if (old === undefined) return "[no diff: what was in it is not text]";
  const after = Buffer.from(content);
  if (countBreaks(before, before.length) + countBreaks(after, after.length) > mostCompared)
    return `[no diff: more than ${mostCompared} lines to compare]`;
  const patch = structuredPatch("", "", old, content, "", "", { context, maxEditLength: mostEdits });
  if (patch === undefined) return `[no diff: more than ${mostEdits} lines differ]`;
  return toPatch(changed, patch.hunks);
}

/** Takes no longer for a longer file than to count its lines. */
function ofLonger(changed: Extract<Changed, { is: "longer" }>): string {
  const { before, content } = changed;
  const start = startOfContext(before);
  const last = toText(before.subarray(start));
  if (last === undefined) return "[no diff: what is before it is not text]";
  const isBroken = before.length === 0 || before.at(-1) === 0x0a;
  if (!isBroken && last === "") return "[no diff: the line before it is very long]";
  const breakAt = isBroken ? last.length : last.lastIndexOf("\n") + 1;
  const unbroken = last.slice(breakAt);
  if (isBroken && content === "") return "";
  const lines = [
    ...signed(" ", last.slice(0, breakAt)),
    ...(isBroken ? [] : [`-${unbroken}`, noBreak, `+${unbroken}`]),
    ...signed("+", content),
  ];
  const line = countBreaks(before, start) + 1;
  return toPatch(changed, [toHunk(line, line, lines)]);
}

/** Where the last lines begin, as far back as is looked. */
function startOfContext(bytes: Buffer): number {
  let start = bytes.length;
  for (let lines = 0; lines < context && start > 0; lines += 1) {
    const before = start - (bytes[start - 1] === 0x0a ? 2 : 1);
    const next = before < 0 ? 0 : bytes.lastIndexOf(0x0a, before) + 1;
    if (bytes.length - next > mostContextBytes) break;
    start = next;
  }
  return start;
}

function countBreaks(bytes: Buffer, end: number): number {
  let count = 0;
  for (let at = 0; at < end; at += 1) if (bytes[at] === 0x0a) count += 1;
  return count;
}

/** The lines of a text as a patch has them. */
function signed(sign: string, text: string): string[] {
  if (text === "") return [];
  const lines = text.split("\n");
  const isBroken = lines.at(-1) === "";
  if (isBroken) lines.pop();
  return [...lines.map((line) => sign + line), ...(isBroken ? [] : [noBreak])];
}

function toHunk(oldStart: number, newStart: number, lines: string[]): StructuredPatchHunk {
  const count = (signs: string) => lines.filter((line) => signs.includes(line.charAt(0))).length;
  return { oldStart, newStart, oldLines: count(" -"), newLines: count(" +"), lines };
}

function toPatch({ path, is }: Changed, hunks: readonly StructuredPatchHunk[]): string {
  const all = hunks.reduce((sum, { lines }) => sum + lines.length, 0);
  if (all === 0) return "";
  const shown: StructuredPatchHunk[] = [];
  let [lines, characters, long] = [0, 0, 0];
  for (const hunk of hunks) {
    const kept: string[] = [];
    for (const line of hunk.lines) {
      const short = line.length > longestLine ? `${line.slice(0, longestLine)}…` : line;
      if (lines === mostLines || characters + short.length > mostCharacters) break;
      if (short !== line) long += 1;
      kept.push(short);
      lines += 1;
      characters += short.length;
    }
    if (kept.length > 0) shown.push(toHunk(hunk.oldStart, hunk.newStart, kept));
    if (kept.length < hunk.lines.length) break;
  }
  const [oldFileName, newFileName] = [is === "new" ? "/dev/null" : `a/${path}`, `b/${path}`];
  const patch = { oldFileName, newFileName, oldHeader: undefined, newHeader: undefined, hunks: shown };
  const notes = [
    ...(lines < all ? [`[cut: ${lines} of ${all} lines of the diff]`] : []),
    ...(long > 0 ? [`[cut: lines of more than ${longestLine} characters]`] : []),
  ];
  return [formatPatch(patch, FILE_HEADERS_ONLY).slice(0, -1), ...notes].join("\n");
}
