import type { EventRecord } from "../core/ports.ts";

interface BlockEvent {
  event: string;
  index?: number;
  content?: { type?: string };
}

/**
 * Of a run that has ended, the deltas of a block are folded into its end. Clients add up a message's text from what
 * begins the block and from its deltas alone (`message.text` of the SDK): so where no delta is left, the block begins
 * with all of its text. The event keeps its id, so that whoever saw it live takes it for the same.
 */
export function unfold(events: EventRecord[]): EventRecord[] {
  if (!events.some(isStart)) return events;
  const unfolded = [...events];
  /** Where blocks without a delta begin, by namespace and index. */
  const begun = new Map<string, number>();
  for (const [position, { method, namespace, data }] of events.entries()) {
    if (method !== "messages") continue;
    const block = JSON.parse(data) as BlockEvent;
    const key = `${namespace.join("|")}#${block.index}`;
    const start = begun.get(key);
    begun.delete(key);
    if (block.event === "content-block-start") begun.set(key, position);
    const isText = block.content?.type === "text" || block.content?.type === "reasoning";
    const first = start === undefined ? undefined : events[start];
    if (block.event !== "content-block-finish" || !isText || start === undefined || first === undefined)
      continue;
    const whole = { ...(JSON.parse(first.data) as BlockEvent), content: block.content };
    unfolded[start] = { ...first, data: JSON.stringify(whole) };
  }
  return unfolded;
}

/**
 * Unfolds the batches of one reader. Where a page ends with the beginning of a block, it waits for the next one:
 * its end may be there.
 *
 * @param pageLength - Of a batch that is followed by more.
 */
export function createUnfold(pageLength: number) {
  let held: EventRecord[] = [];
  return {
    /** What of it can be sent now. */
    add(batch: EventRecord[]): EventRecord[] {
      const events = held.length === 0 ? batch : [...held, ...batch];
      const last = events.at(-1);
      const isCut = batch.length >= pageLength && last !== undefined && isStart(last);
      held = isCut ? [last] : [];
      return unfold(isCut ? events.slice(0, -1) : events);
    },
    /** What waits for a page that does not come. */
    rest(): EventRecord[] {
      return held.splice(0);
    },
  };
}

function isStart({ method, data }: EventRecord): boolean {
  return method === "messages" && data.includes('"content-block-start"');
}
