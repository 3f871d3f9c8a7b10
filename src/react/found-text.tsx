import type { ReactNode } from "react";
import type { Match } from "./find-in-rows.ts";

interface FoundTextProps {
  text: string;
  /** Of this row, in their order. */
  matches: readonly Match[];
  /** The one that the person is at. */
  active: Match | undefined;
}

/** A text with the places marked where something was found. */
export function FoundText({ text, matches, active }: FoundTextProps) {
  if (matches.length === 0) return text;
  const parts: ReactNode[] = [];
  let done = 0;
  for (const match of matches) {
    const { at, length } = match;
    parts.push(
      text.slice(done, at),
      <mark
        key={at}
        data-found={match === active}
        className={`rounded-xs ${match === active ? "bg-accent text-accent-ink" : "bg-warn-soft text-ink outline outline-warn"}`}
      >
        {text.slice(at, at + length)}
      </mark>,
    );
    done = at + length;
  }
  parts.push(text.slice(done));
  return parts;
}
