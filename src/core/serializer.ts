import { BaseMessage } from "@langchain/core/messages";
import { JsonPlusSerializer } from "@langchain/langgraph-checkpoint";

/** What stands for a record that only looks like one of the serializer's own: its JSON. */
export const marker = "countersign:json";
/** By which LangChain marks such records within a message; LangGraph's reader builds objects of them all the same. */
const escaped = "__lc_escaped__";

/**
 * The engine's serializer writes objects of its own as `{"lc": …}`, and on reading builds an object of every such
 * record, wherever it came from (langgraph-checkpoint 1.2.2). What a model, a tool or a client wrote must
 * come back as it was: else a tool call's arguments become something else than was approved, and one that names
 * no class makes the thread unreadable.
 */
export class DataSerializer extends JsonPlusSerializer {
  override async dumpsTyped(value: unknown): Promise<[string, Uint8Array]> {
    const dumped = await super.dumpsTyped(value);
    return dumped[0] === "json" && looksAlike(value, dumped[1]) ? super.dumpsTyped(mask(value)) : dumped;
  }

  override async loadsTyped(type: string, data: Uint8Array | string): Promise<unknown> {
    const value: unknown = await super.loadsTyped(type, data);
    return type === "json" && Buffer.from(data).includes(marker) ? unmask(value) : value;
  }
}

/** True for JSON that has a record to be looked at: the first one of a message is the message. */
function looksAlike(value: unknown, data: Uint8Array): boolean {
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return text.includes('"lc":', BaseMessage.isInstance(value) ? 2 : 0) || text.includes(marker);
}

function mask(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(mask);
  if (BaseMessage.isInstance(value)) return maskMessage(JSON.parse(JSON.stringify(value)) as unknown);
  if (!isPlain(value)) return value;
  const isMeant = ["lc", escaped, marker].some((name) => Object.hasOwn(value, name));
  return isMeant ? { [marker]: JSON.stringify(value) } : mapped(value, mask);
}

/** The JSON of a message, in which LangChain has marked what looks like an object already. */
function maskMessage(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(maskMessage);
  if (!isPlain(json)) return json;
  if (Object.hasOwn(json, escaped)) return { [escaped]: { [marker]: JSON.stringify(json[escaped]) } };
  return Object.hasOwn(json, marker) ? { [marker]: JSON.stringify(json) } : mapped(json, maskMessage);
}

function unmask(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unmask);
  if (BaseMessage.isInstance(value)) {
    const fields = value as unknown as Record<string, unknown>;
    for (const [name, field] of Object.entries(fields)) fields[name] = unmask(field);
    return value;
  }
  if (!isPlain(value)) return value;
  const text = value[marker];
  if (typeof text === "string" && Object.keys(value).length === 1) return JSON.parse(text) as unknown;
  return mapped(value, unmask);
}

/** Defines members: one may be named `__proto__`. */
function mapped(value: Record<string, unknown>, change: (one: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, change(one)]));
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
