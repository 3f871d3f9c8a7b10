import { formatDuration } from "countersign/react";
import { wordsLater as words } from "../words-later.ts";
import type { Visit } from "./visits.ts";

/** How often each node was visited, and how long it took. */
export function NodeTimes({ visits }: { visits: ReadonlyMap<string, Visit> }) {
  const shown = [...visits].filter(([name]) => name !== "__start__");
  if (shown.length === 0) return null;
  return (
    <table className="mt-4 w-full text-sm">
      <thead className="text-start text-muted text-xs">
        <tr>
          <th className="text-start font-normal">{words.graph.node}</th>
          <th className="text-end font-normal">{words.graph.visits}</th>
          <th className="text-end font-normal">{words.graph.time}</th>
        </tr>
      </thead>
      <tbody>
        {shown.map(([name, { count, ms, error }]) => (
          <tr key={name} className="border-line border-t">
            <td className={`break-all py-1 ${error ? "text-bad" : ""}`}>{name}</td>
            <td className="text-end tabular-nums">{count}</td>
            <td className="text-end tabular-nums">{formatDuration(ms)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
