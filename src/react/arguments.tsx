import { useId, useState } from "react";
import { ScrollBox } from "./scroll-box.tsx";
import { words } from "./words.ts";

interface ArgumentsProps {
  args: Record<string, unknown>;
  /** How arguments will be decided that are not pinned. */
  late?: Record<string, string> | undefined;
  /** Late arguments as they were filled. */
  filled?: Record<string, unknown> | undefined;
}

/** Texts of more lines than the first are folded to the second. */
const [manyLines, shownLines] = [12, 8];
/** Likewise for texts of few, but long lines, in characters. */
const [manyCharacters, shownCharacters] = [1_200, 800];

/** Arguments as they will be (or were) handed to a tool: short ones in a line, long ones in boxes. */
export function Arguments({ args, late = {}, filled }: ArgumentsProps) {
  const pinned = Object.entries(args);
  const short = pinned.filter(([, value]) => !isLong(toText(value)));
  const long = pinned.filter(([, value]) => isLong(toText(value)));
  return (
    <div className="mt-1 text-sm">
      {short.length > 0 ? (
        <ul className="flex flex-wrap gap-x-4 gap-y-1" aria-label={words.arguments.label}>
          {short.map(([name, value]) => (
            <Short key={name} name={name} text={toText(value)} />
          ))}
        </ul>
      ) : null}
      {long.map(([name, value]) => (
        <div key={name} className="mt-1">
          <span dir="auto" className="font-mono text-muted text-xs">
            {name}
          </span>
          <Folded label={words.arguments.value(name)} text={toText(value)} />
        </div>
      ))}
      {Object.entries(late).map(([name, rule]) => (
        <Late key={name} name={name} rule={rule} value={filled?.[name]} />
      ))}
    </div>
  );
}

function Short({ name, text }: { name: string; text: string }) {
  return (
    <li className="flex min-w-0 items-baseline gap-2">
      <span dir="auto" className="font-mono text-muted text-xs">
        {name}
      </span>
      <code dir="auto" className="break-all rounded bg-sunken px-1.5 py-0.5 font-mono text-xs">
        {text === "" ? words.arguments.empty : text}
      </code>
    </li>
  );
}

/** A long text: its beginning, and all of it when that is asked for. */
function Folded({ label, text }: { label: string; text: string }) {
  const [isWhole, setWhole] = useState(false);
  const id = useId();
  const lines = text.split("\n");
  const isFolded = lines.length > manyLines || text.length > manyCharacters;
  if (!isFolded) return <ScrollBox label={label} text={text} className="max-h-80" />;
  const beginning = `${lines.slice(0, shownLines).join("\n").slice(0, shownCharacters).trimEnd()} …`;
  return (
    <>
      <div id={id}>
        <ScrollBox label={label} text={isWhole ? text : beginning} className="max-h-120" />
      </div>
      <button
        type="button"
        aria-expanded={isWhole}
        aria-controls={id}
        onClick={() => setWhole(!isWhole)}
        className="mt-0.5 min-h-6 rounded text-accent text-xs hover:underline"
      >
        {isWhole ? words.arguments.showLess : words.arguments.showAll(lines.length)}
      </button>
    </>
  );
}

function Late({ name, rule, value }: { name: string; rule: string; value: unknown }) {
  return (
    <div className="mt-1">
      <div className="flex items-baseline gap-2">
        <span dir="auto" className="font-mono text-muted text-xs">
          {name}
        </span>
        <span dir="auto" className="text-muted italic">
          {value === undefined ? words.arguments.decidedLater(rule) : words.arguments.wasDecided(rule)}
        </span>
      </div>
      {value === undefined ? null : (
        <Folded label={words.arguments.decidedValue(name)} text={toText(value)} />
      )}
    </div>
  );
}

/** JSON in a line as long as it fits one. */
function toText(value: unknown): string {
  if (typeof value === "string") return value;
  const line = JSON.stringify(value) ?? "";
  return isLong(line) ? (JSON.stringify(value, null, 2) ?? "") : line;
}

function isLong(text: string): boolean {
  return text.length > 120 || text.includes("\n");
}
