import { fanOut } from "./contents.ts";
import type { KnownMessages } from "./known-messages.ts";
import { isPlainRecord, toWireText } from "./wire.ts";

/** JSON text in pieces, some of them in UTF-8 already: what is long is neither joined nor encoded twice. */
export type TextParts = (string | Buffer)[];

/**
 * The values of a state as JSON text for clients, as {@link toWireText} has it. Of long lists of messages, what
 * `known` has handed out and nobody has changed since is put together out of texts that are there already.
 */
export function toStateParts(values: unknown, known: KnownMessages): TextParts {
  if (!isPlainRecord(values)) return [toWireText(values)];
  const parts: TextParts = ["{"];
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    parts.push(`${parts.length > 1 ? "," : ""}${JSON.stringify(name)}:`);
    if (Array.isArray(value) && value.length >= fanOut) addList(parts, value, known);
    else parts.push(toWireText(value));
  }
  parts.push("}");
  return parts;
}

function addList(parts: TextParts, list: readonly unknown[], known: KnownMessages): void {
  for (let from = 0; from < list.length; from += fanOut) {
    const leaf = known.leafAt(list, from);
    parts.push(from === 0 ? "[" : ",");
    parts.push(leaf ? leaf.text() : toWireText(list.slice(from, from + fanOut)).slice(1, -1));
  }
  parts.push("]");
}

/** JSON that is there as text already, to be sent as it is. */
export class JsonText {
  readonly parts: TextParts;

  constructor(parts: TextParts) {
    this.parts = parts;
  }

  /** The value: where it is looked at, or sent by somebody who knows nothing of {@link toJsonParts}. */
  toJSON(): unknown {
    return JSON.parse(joinText(this.parts));
  }
}

/** What `JSON.stringify` says of a value, with the {@link JsonText} that is in it, or a few levels down, as it is. */
export function toJsonParts(value: unknown, levels = 3): TextParts {
  if (value instanceof JsonText) return value.parts;
  const isList = Array.isArray(value);
  if (levels === 0 || !(isList || isPlainRecord(value))) return [JSON.stringify(value) ?? "null"];
  const parts: TextParts = [isList ? "[" : "{"];
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined && !isList) continue;
    const comma = parts.length > 1 ? "," : "";
    parts.push(isList ? comma : `${comma}${JSON.stringify(name)}:`, ...toJsonParts(member, levels - 1));
  }
  parts.push(isList ? "]" : "}");
  return parts;
}

export function joinText(parts: TextParts): string {
  return parts.map(String).join("");
}

export function joinBytes(parts: TextParts): Buffer<ArrayBuffer> {
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
}
