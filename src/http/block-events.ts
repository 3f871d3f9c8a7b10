import type { EventRecord } from "../core/ports.ts";
import { isRecord } from "../protocol/json.ts";

/** What an event says of a block of text or reasoning. */
export interface BlockEvent {
  type: "start" | "delta" | "finish";
  /** Tells the blocks apart that are open at one time: the namespace and the index. */
  key: string;
  kind: "text" | "reasoning";
  /** What it begins with, what is new, or all of it. */
  text: string;
}

/** Events are shared by their readers. */
const read = new WeakMap<EventRecord, BlockEvent | undefined>();

/** Undefined for an event about anything else. */
export function readBlock(event: EventRecord): BlockEvent | undefined {
  if (event.method !== "messages") return undefined;
  if (!read.has(event)) read.set(event, parseBlock(event));
  return read.get(event);
}

const types: Record<string, BlockEvent["type"]> = {
  "content-block-start": "start",
  "content-block-delta": "delta",
  "content-block-finish": "finish",
};

function parseBlock({ namespace, data }: EventRecord): BlockEvent | undefined {
  const block = JSON.parse(data) as Record<string, unknown>;
  const type = types[String(block.event)];
  const said = type === "delta" ? block.delta : block.content;
  if (type === undefined || !isRecord(said)) return undefined;
  const kind = said.type === "text" || said.type === "text-delta" ? "text" : "reasoning";
  const text = said[kind];
  if (typeof text !== "string") return undefined;
  return { type, key: `${namespace.join("|")}#${block.index}`, text, kind };
}

/** The beginning of a block, with this text. */
export function withText(start: EventRecord, text: string): EventRecord {
  const block = JSON.parse(start.data) as { content: object };
  const content = { ...block.content, [readBlock(start)?.kind ?? "text"]: text };
  return { ...start, data: JSON.stringify({ ...block, content }) };
}

/** A delta of the block that this event ends, in a place of the log that is empty. */
export function toDelta(finish: EventRecord, seq: number, text: string): EventRecord {
  const { index } = JSON.parse(finish.data) as { index: number };
  const kind = readBlock(finish)?.kind ?? "text";
  const data = { event: "content-block-delta", index, delta: { type: `${kind}-delta`, [kind]: text } };
  return { ...finish, seq, data: JSON.stringify(data) };
}
