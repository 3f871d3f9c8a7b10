import { CallRow } from "./call-row.tsx";
import type { ReadCall } from "./timeline.ts";

export interface CallListProps {
  calls: ReadCall[];
  /** What running ones have put out so far, by id. */
  liveOutput?: ReadonlyMap<string, string> | undefined;
  isRunning: boolean;
}

/** Calls of tools by any graph, each with what came back. */
export function CallListView({ calls, liveOutput, isRunning }: CallListProps) {
  return (
    <ul
      data-reads={calls.map(({ id }) => id).join(" ")}
      className="divide-y divide-line rounded-lg border border-line bg-panel"
    >
      {calls.map((call, index) => (
        <CallRow
          key={call.id || index}
          call={call}
          liveOutput={liveOutput?.get(call.id)}
          isRunning={isRunning}
        />
      ))}
    </ul>
  );
}
