import { ScrollBox } from "./scroll-box.tsx";

interface ArgumentsProps {
  args: Record<string, unknown>;
  /** How arguments will be decided that are not pinned. */
  late?: Record<string, string> | undefined;
  /** Late arguments as they were filled. */
  filled?: Record<string, unknown> | undefined;
}

/** Arguments as they will be (or were) handed to a tool: short ones in a line, long ones in boxes. */
export function Arguments({ args, late = {}, filled }: ArgumentsProps) {
  const pinned = Object.entries(args);
  const short = pinned.filter(([, value]) => !isLong(toText(value)));
  const long = pinned.filter(([, value]) => isLong(toText(value)));
  return (
    <div className="mt-1 text-sm">
      {short.length > 0 ? (
        <ul className="flex flex-wrap gap-x-4 gap-y-1" aria-label="Arguments">
          {short.map(([name, value]) => (
            <Short key={name} name={name} text={toText(value)} />
          ))}
        </ul>
      ) : null}
      {long.map(([name, value]) => (
        <Long key={name} name={name} text={toText(value)} />
      ))}
      {Object.entries(late).map(([name, rule]) => (
        <Late key={name} name={name} rule={rule} value={filled?.[name]} />
      ))}
    </div>
  );
}

interface ArgumentProps {
  name: string;
  text: string;
}

function Short({ name, text }: ArgumentProps) {
  return (
    <li className="flex min-w-0 items-baseline gap-2">
      <span className="font-mono text-muted text-xs">{name}</span>
      <code className="break-all rounded bg-sunken px-1.5 py-0.5 font-mono text-xs">
        {text === "" ? "(empty)" : text}
      </code>
    </li>
  );
}

function Long({ name, text }: ArgumentProps) {
  return (
    <div className="mt-1">
      <span className="font-mono text-muted text-xs">{name}</span>
      <ScrollBox label={`Value of ${name}`} text={text} className="max-h-48" />
    </div>
  );
}

function Late({ name, rule, value }: { name: string; rule: string; value: unknown }) {
  return (
    <div className="mt-1">
      <div className="flex items-baseline gap-2">
        <span className="font-mono text-muted text-xs">{name}</span>
        <span className="text-muted italic">
          {value === undefined ? "decided while it runs" : "was decided"}: {rule}
        </span>
      </div>
      {value === undefined ? null : (
        <ScrollBox label={`What was decided for ${name}`} text={toText(value)} className="max-h-48" />
      )}
    </div>
  );
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

function isLong(text: string): boolean {
  return text.length > 120 || text.includes("\n");
}
