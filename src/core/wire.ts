import { BaseMessage } from "@langchain/core/messages";

/**
 * State as JSON text for clients: messages are flat dicts `{type, content, id, …}`
 * (reference/protocol.md 2.2), everything else as `JSON.stringify` has it. What JSON cannot say
 * (BigInt, a cycle) becomes a string, so that one odd value never costs a client the whole state.
 */
export function toWireText(value: unknown): string {
  try {
    return JSON.stringify(value, flattenMessages) ?? "null";
  } catch {
    return JSON.stringify(value, tolerant()) ?? "null";
  }
}

/** The same as a value. */
export function toWireValue(value: unknown): unknown {
  return JSON.parse(toWireText(value));
}

/** True for an object that is written member by member, and is nothing else. */
export function isPlainRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || "toJSON" in value) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function flattenMessages(this: unknown, key: string, value: unknown): unknown {
  const raw = (this as Record<string, unknown>)[key];
  return BaseMessage.isInstance(raw) ? toMessageDict(raw) : value;
}

/** A message as clients read it. */
export function toMessageDict(message: BaseMessage): Record<string, unknown> {
  const { type, data } = message.toDict();
  return { ...data, type };
}

function tolerant() {
  const ancestors: unknown[] = [];
  return function (this: unknown, key: string, value: unknown): unknown {
    if (typeof value === "bigint") return value.toString();
    const flat = flattenMessages.call(this, key, value);
    if (typeof flat !== "object" || flat === null) return flat;
    while (ancestors.length > 0 && ancestors.at(-1) !== this) ancestors.pop();
    if (ancestors.includes(flat)) return "[circular]";
    ancestors.push(flat);
    return flat;
  };
}
