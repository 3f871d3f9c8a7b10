import { CountersignError } from "../protocol/errors.ts";
import type { RunPort } from "./ports.ts";
import type { Look } from "./timers.ts";

/** Looks, a second apart, between two questions to the store; and how often a graph must be found in a row. */
const [every, enough] = [10, 3];

/**
 * Tells of runs that wait for a graph which this process does not serve, and for half a minute nobody else did:
 * they wait until a process that serves it is started, or until they are cancelled.
 */
export function createUnservedLook(
  runs: Pick<RunPort, "listUnserved">,
  graphIds: () => string[],
  report: (error: unknown, context: Record<string, unknown>) => void,
): Look {
  let looks = 0;
  let found = new Map<string, number>();
  return async () => {
    looks += 1;
    if (looks % every !== 0) return;
    const now = await runs.listUnserved(graphIds());
    found = new Map(now.map((graphId) => [graphId, (found.get(graphId) ?? 0) + 1]));
    for (const [graphId, times] of found) if (times === enough) report(unserved(graphId), { graphId });
  };
}

function unserved(graphId: string): CountersignError {
  return new CountersignError(
    "no_such_graph",
    `Runs of graph ${graphId} wait to be started, and this process does not serve it. Start one that does, or cancel them.`,
  );
}
