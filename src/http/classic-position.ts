/**
 * Where a classic client stands: the `seq` of the last event it has, and how much it has of blocks that were being
 * said just then. The pieces of a block are folded into its end when the run has ended, so that afterwards `seq`
 * alone would not tell how much of it the client has.
 */
export interface ClassicPosition {
  seq: number;
  /** Characters it has of a block, by the `seq` of the block's beginning. */
  sent: ReadonlyMap<number, number>;
}

/** As a frame's `id`: `17`, or `17~12:40` for 40 characters of the block that began at 12. */
export function toFrameId({ seq, sent }: ClassicPosition): string {
  if (sent.size === 0) return String(seq);
  return `${seq}~${[...sent].map(([start, length]) => `${start}:${length}`).join(",")}`;
}

/** From `Last-Event-ID`; undefined when that is no position of ours. `-1` is before the first event. */
export function parseFrameId(id: string): ClassicPosition | undefined {
  if (!/^(-?\d{1,15})(~\d{1,15}:\d{1,15}(,\d{1,15}:\d{1,15})*)?$/.test(id)) return undefined;
  const [seq, blocks = ""] = id.split("~");
  const sent = blocks === "" ? [] : blocks.split(",").map((block) => block.split(":").map(Number));
  return { seq: Math.max(0, Number(seq)), sent: new Map(sent as [number, number][]) };
}
