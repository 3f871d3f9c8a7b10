import { useMemo, useState } from "react";
import { findInRows, type Match } from "./find-in-rows.ts";

/** What was found in rows of text, and which of it the person is at. */
export interface Finding {
  wanted: string;
  want(text: string): void;
  matches: readonly Match[];
  /** Index in `matches`. */
  at: number;
  active: Match | undefined;
  inRow(row: number): readonly Match[];
  /** To the place so many further on, round and round. */
  go(by: number): void;
}

const none: readonly Match[] = [];

/** Looks for what the person types in rows of text. */
export function useFind(rows: readonly string[]): Finding {
  const [wanted, setWanted] = useState("");
  const [at, setAt] = useState(0);
  const matches = useMemo(() => findInRows(rows, wanted), [rows, wanted]);
  const byRow = useMemo(() => {
    const found = new Map<number, Match[]>();
    for (const match of matches) {
      const known = found.get(match.row);
      if (known) known.push(match);
      else found.set(match.row, [match]);
    }
    return found;
  }, [matches]);
  const now = Math.min(at, Math.max(0, matches.length - 1));
  return {
    wanted,
    want(text) {
      setWanted(text);
      setAt(0);
    },
    matches,
    at: now,
    active: matches[now],
    inRow: (row) => byRow.get(row) ?? none,
    go: (by) => setAt(matches.length === 0 ? 0 : (now + by + matches.length) % matches.length),
  };
}
