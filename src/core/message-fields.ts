import {
  AIMessage,
  AIMessageChunk,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
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
  const saysMore = text.includes('"lc":', 6) || text.includes("__lc_escaped__") || text.includes(marker);
  if (!text.startsWith(head) || saysMore) return undefined;
  const { id, kwargs } = JSON.parse(text) as { id: string[]; kwargs: Record<string, unknown> };
  const type = classes.get(id[2] ?? "");
  if (type === undefined || id.length !== 3) return undefined;
  const names = aliases.get(type);
  // The serializer turns other names with a separator into camel case.
  const isPlain = Object.keys(kwargs).every((key) => names?.[key] === key || !/[-_\s]/.test(key));
  return isPlain ? { type, fields: kwargs } : undefined;
}

/** A message of one's own. */
export function toMessage({ type, fields }: MessageFields): BaseMessage {
  return new type(copy(fields));
}

/** Fields that say nothing but what they are: a message made of them is rendered as they are. */
const plainKeys = new Set([
  "content",
  "id",
  "name",
  "additional_kwargs",
  "response_metadata",
  "tool_calls",
  "invalid_tool_calls",
  "usage_metadata",
]);
const plainTypes = new Map<MessageClass, { type: string; needs: string[] }>([
  [HumanMessage, { type: "human", needs: [] }],
  [SystemMessage, { type: "system", needs: [] }],
  [AIMessage, { type: "ai", needs: ["tool_calls", "invalid_tool_calls"] }],
]);

/** A message of these fields as clients read it: what `toWireText` says of {@link toMessage}. */
export function toMessageText({ type, fields }: MessageFields): string {
  const plain = plainTypes.get(type);
  const { content, additional_kwargs: more, response_metadata: metadata } = fields;
  const isPlain =
    plain?.needs.every((key) => Array.isArray(fields[key])) &&
    typeof content === "string" &&
    isObject(more) &&
    isObject(metadata) &&
    !("output_version" in metadata) &&
    Object.keys(fields).every((key) => plainKeys.has(key));
  if (plain === undefined || !isPlain) return toWireText(toMessage({ type, fields }));
  return JSON.stringify({ ...fields, type: plain.type });
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** True when a message that was made of these fields would still be written as it was. */
export function isUnchanged(message: object, { type, fields }: MessageFields): boolean {
  if (Object.getPrototypeOf(message) !== type.prototype) return false;
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

function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  let surplus = 0;
  for (const key in left) {
    if (!isSame(left[key], right[key])) return false;
    surplus += 1;
  }
  for (const _ in right) surplus -= 1;
  return surplus === 0;
}

function copy<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return (value.length === 0 ? [] : value.map(copy)) as T;
  const made = { ...value } as Record<string, unknown>;
  for (const key in made) if (isObject(made[key])) made[key] = copy(made[key]);
  return made as T;
}
