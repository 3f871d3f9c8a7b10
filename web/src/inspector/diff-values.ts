import { wordsLater as words } from "../words-later.ts";

/** One place where two values differ. */
export interface Difference {
  path: string;
  kind: "added" | "removed" | "changed";
  before?: unknown;
  after?: unknown;
}

/** Differences that are listed, at most. */
export const maxDifferences = 200;

/** Where two JSON values differ, as deep as they are alike. */
export function diffValues(before: unknown, after: unknown): Difference[] {
  const found: Difference[] = [];
  compare("", before, after, found);
  return found.slice(0, maxDifferences);
}

function compare(path: string, before: unknown, after: unknown, found: Difference[]): void {
  if (found.length >= maxDifferences || Object.is(before, after)) return;
  if (isBranch(before) && isBranch(after) && Array.isArray(before) === Array.isArray(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    for (const key of keys) {
      const inner = Array.isArray(before) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
      compareKey(inner, { before, after, key }, found);
    }
    return;
  }
  if (JSON.stringify(before) !== JSON.stringify(after))
    found.push({ path: path || words.history.all, kind: "changed", before, after });
}

interface Pair {
  before: Record<string, unknown>;
  after: Record<string, unknown>;
  key: string;
}

function compareKey(path: string, { before, after, key }: Pair, found: Difference[]): void {
  if (!Object.hasOwn(before, key)) found.push({ path, kind: "added", after: after[key] });
  else if (!Object.hasOwn(after, key)) found.push({ path, kind: "removed", before: before[key] });
  else compare(path, before[key], after[key], found);
}

function isBranch(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
