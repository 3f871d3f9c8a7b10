import { useState } from "react";
import { isRecord } from "./json.ts";
import { words } from "./words.ts";

/** Levels that are unfolded at first. */
const openLevels = 4;

/** Items beyond which a list or object is folded at first. */
const maxOpenItems = 20;

/** Items of one list or object that are shown at once. */
const pageLength = 200;

/** Any JSON value, to be read: names and values, nested ones folded. */
export function JsonTree({ value, level = 0 }: { value: unknown; level?: number }) {
  const [count, setCount] = useState(pageLength);
  const isList = Array.isArray(value);
  if (!isList && !isRecord(value)) return <Leaf value={value} />;
  const entries = isList
    ? value.map((one, index) => [String(index + 1), one] as const)
    : Object.entries(value);
  if (entries.length === 0) {
    return <span className="text-muted">{isList ? words.tree.emptyList : words.tree.empty}</span>;
  }
  const left = entries.length - count;
  return (
    <ul className={level === 0 ? "grid gap-1" : "mt-1 grid gap-1 border-line border-s ps-3"}>
      {entries.slice(0, count).map(([name, one]) => (
        <Entry key={name} name={name} value={one} level={level} />
      ))}
      {left > 0 ? (
        <li className="text-muted">
          {words.tree.left(left)}{" "}
          <button
            type="button"
            className="rounded underline hover:text-ink"
            onClick={() => setCount(count + pageLength)}
          >
            {words.tree.more(Math.min(left, pageLength))}
          </button>
        </li>
      ) : null}
    </ul>
  );
}

function Entry({ name, value, level }: { name: string; value: unknown; level: number }) {
  const size = Array.isArray(value) ? value.length : isRecord(value) ? Object.keys(value).length : 0;
  const [isOpen, setOpen] = useState(level + 1 < openLevels && size <= maxOpenItems);
  const label = (
    <span dir="auto" className="break-all font-mono text-muted text-xs">
      {name}
    </span>
  );
  if (size === 0) {
    return (
      <li className="flex flex-wrap items-baseline gap-x-2">
        {label}
        <JsonTree value={value} level={level + 1} />
      </li>
    );
  }
  return (
    <li>
      <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className="cursor-pointer">
          {label} <span className="text-muted text-xs">{words.tree.size(size)}</span>
        </summary>
        {isOpen ? <JsonTree value={value} level={level + 1} /> : null}
      </details>
    </li>
  );
}

function Leaf({ value }: { value: unknown }) {
  if (typeof value === "string") {
    return (
      <span className="min-w-0 whitespace-pre-wrap break-words" dir="auto">
        {value === "" ? words.tree.empty : value}
      </span>
    );
  }
  return (
    <code className="font-mono text-xs">
      {value === undefined ? words.tree.nothing : JSON.stringify(value)}
    </code>
  );
}
