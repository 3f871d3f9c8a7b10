import { pathOf } from "../lib/branches.ts";
import { getKnots, getMessageIds, type KnotPage, knotsAtOnce } from "../lib/history.ts";

/** Pages of the history that are read, at most. */
const maxPages = 20;

/**
 * The checkpoint in which a message was not said yet: where a thread is taken up to say it differently.
 *
 * @returns undefined when the message is further back than is read.
 */
export async function findForkPoint(threadId: string, messageId: string): Promise<string | undefined> {
  const knots: KnotPage = [];
  for (let page = 0; page < maxPages; page += 1) {
    const more = await getKnots(threadId, knots.at(-1)?.id);
    knots.push(...more);
    if (more.length < knotsAtOnce) break;
  }
  const head = knots[0];
  if (head === undefined) return undefined;
  const parents = new Map(knots.map(({ id, parent }) => [id, parent]));
  const inputs = new Set(knots.filter(({ source }) => source === "input").map(({ id }) => id));
  const path = pathOf(head.id, parents);
  // Messages are added and stay: the checkpoints that have it come before (newest first) those that do not.
  let [first, end] = [0, path.length];
  while (first < end) {
    const middle = (first + end) >> 1;
    const ids = await getMessageIds(threadId, path[middle] as string);
    if (ids.includes(messageId)) first = middle + 1;
    else end = middle;
  }
  const found = path[first];
  // An input's own checkpoint does not have it yet, and is no state that anything rested in: the one before is.
  return found !== undefined && inputs.has(found) ? (path[first + 1] ?? found) : found;
}
