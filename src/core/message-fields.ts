import {
  AIMessage,
  AIMessageChunk,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import { copy, copyPlain, isPlainlySame, isSame, type PlainMessage, toPlain } from "./plain-messages.ts";
import { marker } from "./serializer.ts";
import { toWireText } from "./wire.ts";

/**
 * Messages as the engine's serializer writes them, read without it: it takes 35 us for one, this 1.5. What is
 * not just a message of the common kinds is left to the serializer.
 */
export interface MessageFields {
  readonly type: MessageClass;
  /** What the constructor is given. Shared by all who read the message, and so never handed out. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly plain: PlainMessage | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: every class takes fields of its own
type MessageClass = (new (fields: any) => BaseMessage) & { lc_name(): string };

const classes = new Map<string, MessageClass>(
  [AIMessage, AIMessageChunk, HumanMessage, SystemMessage, ToolMessage].map((one) => [one.lc_name(), one]),
);

/** What a class calls its fields in the serializer's text, and what those it is made of do. */
const aliases = new Map([...classes.values()].map((type) => [type, aliasesOf(type.prototype as object)]));

function aliasesOf(prototype: object): Record<string, string> {
  const names: Record<string, string> = {};
  for (let one: object | null = prototype; one !== null; one = Object.getPrototypeOf(one) as object | null)
    Object.assign(names, Reflect.get(one, "lc_aliases"));
  return names;
}

const head = '{"lc":1,"type":"constructor","id":["langchain_core","messages","';

/** The fields of a message from its serialized text; undefined when the text may say more than that. */
export function parseMessageFields(text: string): MessageFields | undefined {
  if (!isMessageOnly(text)) return undefined;
  const { id, kwargs } = JSON.parse(text) as { id: string[]; kwargs: Record<string, unknown> };
  const type = classes.get(id[2] ?? "");
  if (type === undefined || id.length !== 3) return undefined;
  const names = aliases.get(type);
  // The serializer turns other names with a separator into camel case.
  const isNamedSo = Object.keys(kwargs).every((key) => names?.[key] === key || !/[-_\s]/.test(key));
  return isNamedSo ? toFields(type, kwargs) : undefined;
}

/** True for a message in which nothing else of the serializer's may be. */
function isMessageOnly(text: string): boolean {
  const saysMore = text.includes('"lc":', 6) || text.includes("__lc_escaped__") || text.includes(marker);
  return text.startsWith(head) && !saysMore;
}

const afterName = '"],"kwargs":';
const beforeContent = '"content":"';

/**
 * A plain message as clients read it, cut out of its serialized text: its content, which is most of it, is not even
 * parsed. Undefined for any other.
 */
export function toPlainText(text: string): string | undefined {
  const nameEnd = text.indexOf(afterName, head.length);
  const fields = text.slice(nameEnd + afterName.length, -1);
  const start = fields.indexOf(beforeContent) + beforeContent.length;
  if (!isMessageOnly(text) || nameEnd < 0 || start < beforeContent.length) return undefined;
  const type = classes.get(text.slice(head.length, nameEnd));
  const short = parseObject(fields.slice(0, start) + fields.slice(endOfString(fields, start)));
  const plain = type && short && toPlain(type, short);
  return plain && `${fields.slice(0, -1)},"type":"${plain.kind.type}"}`;
}

/** Where a JSON string ends that began before this place. */
function endOfString(json: string, from: number): number {
  for (let end = json.indexOf('"', from); ; end = json.indexOf('"', end + 1)) {
    let escapes = 0;
    while (json[end - 1 - escapes] === "\\") escapes += 1;
    if (end < 0 || escapes % 2 === 0) return end;
  }
}

function parseObject(json: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(json) as Record<string, unknown>;
  } catch {
    return undefined; // more follows than the fields
  }
}

/** The fields of plain messages, from what clients read of them, with commas between them. */
export function fieldsOfWireText(texts: string): MessageFields[] {
  const messages = JSON.parse(`[${texts}]`) as { type: string }[];
  return messages.map(({ type, ...fields }) => toFields(plainClasses.get(type) as MessageClass, fields));
}

const plainClasses = new Map<string, MessageClass>([
  ["human", HumanMessage],
  ["system", SystemMessage],
  ["ai", AIMessage],
]);

export function toFields(type: MessageClass, fields: Record<string, unknown>): MessageFields {
  return { type, fields, plain: toPlain(type, fields) };
}

/** A message of one's own. */
export function toMessage({ type, fields, plain }: MessageFields): BaseMessage {
  if (plain?.kind.build) return new plain.kind.build(copyPlain(fields as never, plain));
  return new type(copy(fields));
}

/** A message of these fields as clients read it: what `toWireText` says of {@link toMessage}. */
export function toMessageText(message: MessageFields): string {
  if (message.plain === undefined) return toWireText(toMessage(message));
  return JSON.stringify({ ...message.fields, type: message.plain.kind.type });
}

/** True when a message that was made of these fields would still be written as it was. */
export function isUnchanged(message: object, { type, fields, plain }: MessageFields): boolean {
  if (Object.getPrototypeOf(message) !== type.prototype) return false;
  if (plain !== undefined && isPlainlySame(message as never, plain)) return true;
  const now = message as Record<string, unknown> & { lc_kwargs?: Record<string, unknown> };
  const given = now.lc_kwargs ?? {};
  let count = 0;
  for (const key in given) {
    const value = key in now ? now[key] : given[key];
    if (value === undefined) continue;
    if (!isSame(value, fields[key])) return false;
    count += 1;
  }
  return count === Object.keys(fields).length;
}
