import { nameOf } from "./actors.ts";
import type { Viewer } from "./plan-requests.ts";
import { words } from "./words.ts";

const most = 3;
const looks = ["bg-accent-soft text-accent", "bg-ok-soft text-ok", "bg-external-soft text-external"];

/** Who else is looking at this now; nothing while nobody is. */
export function ViewerFaces({ viewers }: { viewers: readonly Viewer[] }) {
  if (viewers.length === 0) return null;
  const names = viewers.map(({ id }) => nameOf(id));
  const label = words.viewers.also(names.join(", "));
  return (
    <span role="img" aria-label={label} title={label} className="flex items-center" data-testid="viewers">
      {names.slice(0, most).map((name, index) => (
        <span
          key={name}
          className={`-ms-1.5 flex size-6 items-center justify-center rounded-full border border-panel font-semibold text-[0.65rem] first:ms-0 ${looks[index % looks.length]}`}
        >
          {initialsOf(name)}
        </span>
      ))}
      {names.length > most ? (
        <span className="ms-1 text-muted text-xs">{words.viewers.more(names.length - most)}</span>
      ) : null}
    </span>
  );
}

function initialsOf(name: string): string {
  const [first = "", second = ""] = name.split(/[\s._@-]+/).filter((part) => part !== "");
  return `${[...first][0] ?? "?"}${[...second][0] ?? ""}`.toUpperCase();
}
