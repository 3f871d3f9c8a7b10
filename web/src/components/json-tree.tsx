import { isRecord } from "../conversation/json.ts";

/** Levels that are unfolded at first. */
const openLevels = 4;

/** Items beyond which a list or object is folded at first. */
const maxOpenItems = 20;

/** Items of one list or object that are shown. */
const maxItems = 200;

/** Any JSON value, to be read: names and values, nested ones folded. */
export function JsonTree({ value, level = 0 }: { value: unknown; level?: number }) {
  const isList = Array.isArray(value);
  if (!isList && !isRecord(value)) return <Leaf value={value} />;
  const entries = isList
    ? value.map((one, index) => [String(index + 1), one] as const)
    : Object.entries(value);
  if (entries.length === 0) return <span className="text-muted">{isList ? "(empty list)" : "(empty)"}</span>;
  return (
    <ul className={level === 0 ? "grid gap-1" : "mt-1 grid gap-1 border-line border-l pl-3"}>
      {entries.slice(0, maxItems).map(([name, one]) => (
        <Entry key={name} name={name} value={one} level={level} />
      ))}
      {entries.length > maxItems ? (
        <li className="text-muted">… and {entries.length - maxItems} more</li>
      ) : null}
    </ul>
  );
}

function Entry({ name, value, level }: { name: string; value: unknown; level: number }) {
  const label = <span className="break-all font-mono text-muted text-xs">{name}</span>;
  const size = Array.isArray(value) ? value.length : isRecord(value) ? Object.keys(value).length : 0;
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
      <details open={level + 1 < openLevels && size <= maxOpenItems}>
        <summary className="cursor-pointer">
          {label} <span className="text-muted text-xs">({size})</span>
        </summary>
        <JsonTree value={value} level={level + 1} />
      </details>
    </li>
  );
}

function Leaf({ value }: { value: unknown }) {
  if (typeof value === "string") {
    return (
      <span className="min-w-0 whitespace-pre-wrap break-words">{value === "" ? "(empty)" : value}</span>
    );
  }
  return (
    <code className="font-mono text-xs">{value === undefined ? "(nothing)" : JSON.stringify(value)}</code>
  );
}
