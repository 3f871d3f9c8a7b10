import type { EventRecord, LogPort } from "../core/ports.ts";
import { readBlock, toDelta, withText } from "./block-events.ts";

/** A block whose beginning this reader was sent, and not its end. */
interface OpenBlock {
  start: EventRecord;
  /** Characters that were sent of it. */
  sent: number;
}

/** Turns the next batch of one reader into what is sent. */
export type Unfold = (batch: EventRecord[]) => Promise<EventRecord[]>;

/** Events to look at beyond a page at first: a block mostly ends soon. */
const firstLook = 32;

/**
 * Unfolds what one reader of a log reads. Of a run that has ended, the deltas of a block are folded into its end.
 * Clients add up a message's text from what begins the block and from its deltas alone (`message.text` of the SDK):
 * so where no delta is left, the block begins with all of its text. That event keeps its id, so that whoever saw it
 * live takes it for the same.
 *
 * Where the beginning was sent before, and what came then was folded before this reader got there, the rest of the
 * text is one delta in the place of those that are gone. Who begins to read inside a block has not seen it begin:
 * all of it is in its end.
 *
 * @param pageLength - Of a batch that more in the log may follow; in one of fewer is all there is.
 * @returns Turns the next batch into what is sent. Batches are to come in the order of the log, none left out.
 */
export function createUnfold(log: Pick<LogPort, "read">, threadId: string, pageLength: number): Unfold {
  const open = new Map<string, OpenBlock>();
  let last: number | undefined;

  /** What is said next of a block, at this place of a batch or behind it; or what tells that nothing is. */
  async function findNext(start: EventRecord, batch: EventRecord[], from: number) {
    const isNext = (event: EventRecord) => endsSearch(event, start);
    const found = batch.slice(from).find(isNext);
    if (found !== undefined || batch.length < pageLength) return found;
    let after = batch.at(-1)?.seq ?? 0;
    for (let limit = firstLook; ; limit = pageLength) {
      const page = await log.read(threadId, after, limit);
      const event = page.find(isNext);
      if (event !== undefined || page.length < limit) return event;
      after = page.at(-1)?.seq ?? after;
    }
  }

  /** Where events are missing: what this reader has not had of the blocks that are open. */
  async function rest(batch: EventRecord[], position: number, gap: { from: number; to: number }) {
    const deltas: EventRecord[] = [];
    for (const [key, { start, sent }] of open) {
      if (gap.from + deltas.length > gap.to) break;
      const event = await findNext(start, batch, position);
      const block = event && readBlock(event);
      if (event === undefined || block?.type === "delta") continue;
      open.delete(key);
      if (block?.type !== "finish" || block.text.length <= sent) continue;
      deltas.push(toDelta(event, gap.from + deltas.length, block.text.slice(sent)));
    }
    return deltas;
  }

  async function begin(batch: EventRecord[], position: number): Promise<EventRecord> {
    const start = batch[position] as EventRecord;
    const { key = "", text = "" } = readBlock(start) ?? {};
    const next = await findNext(start, batch, position + 1);
    const block = next && readBlock(next);
    open.delete(key);
    if (next === undefined || block?.type === "delta") open.set(key, { start, sent: text.length });
    return block?.type === "finish" && block.text !== text ? withText(start, block.text) : start;
  }

  return async (batch: EventRecord[]): Promise<EventRecord[]> => {
    const unfolded: EventRecord[] = [];
    for (const [position, event] of batch.entries()) {
      const gap = { from: (last ?? event.seq) + 1, to: event.seq - 1 };
      if (open.size > 0 && gap.from <= gap.to) unfolded.push(...(await rest(batch, position, gap)));
      last = event.seq;
      const block = readBlock(event);
      unfolded.push(block?.type === "start" ? await begin(batch, position) : event);
      const started = block && open.get(block.key);
      if (started && block.type === "delta") started.sent += block.text.length;
      if (block?.type === "finish") open.delete(block.key);
    }
    return unfolded;
  };
}

/** True for what says more of a block that has begun, and for what tells that nothing will. */
function endsSearch(event: EventRecord, start: EventRecord): boolean {
  const { method, namespace, data } = event;
  if (method === "lifecycle") return namespace.length === 0 && event.runId === start.runId;
  if (method !== "messages" || namespace.join("|") !== start.namespace.join("|")) return false;
  return readBlock(event)?.key === readBlock(start)?.key || data.includes('"event":"message-start"');
}
