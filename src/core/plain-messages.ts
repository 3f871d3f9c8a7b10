import { isDeepStrictEqual } from "node:util";
import { AIMessage, type BaseMessage, HumanMessage, SystemMessage } from "@langchain/core/messages";

/**
 * Most of a conversation: messages of text by people, systems and models, which keep their fields as they are and are
 * read as they are. What is done with each of thousands is written member by member here; the general way, in
 * `message-fields.ts`, says the same and takes five times as long.
 */
export interface PlainMessage {
  readonly kind: Kind;
  /** Names among its fields. */
  readonly size: number;
  readonly content: string;
  readonly id: unknown;
  readonly name: unknown;
  /** Undefined for what is there and empty, here and below: there is nothing to look at. */
  readonly more: object | undefined;
  readonly metadata: object | undefined;
  /** Of a model. */
  readonly calls: object | undefined;
  readonly invalidCalls: object | undefined;
  readonly usage: unknown;
}

/** As the serializer has them. */
interface Fields {
  content: string;
  id?: unknown;
  name?: unknown;
  additional_kwargs: object;
  response_metadata: object;
  tool_calls?: unknown[];
  invalid_tool_calls?: unknown[];
  usage_metadata?: unknown;
}

type Build = new (fields: Fields) => BaseMessage;
type Made = Fields & { [more: PropertyKey]: unknown };

interface Kind {
  /** What clients read as its type. */
  readonly type: string;
  readonly keys: ReadonlySet<string>;
  /** Where it is not what the constructor makes, as of another version of LangChain, there is none. */
  readonly build: Build | undefined;
  readonly isModel: boolean;
  /**
   * One made by the constructor, one made here, for good: when no message is left, V8 forgets at its next collection what
   * messages look like, and with it all code it had compiled for them, the engine's reducer too.
   */
  readonly kept: readonly BaseMessage[];
}

/** By which LangChain knows its messages, whichever copy of it made them. */
const isMessage = Symbol.for("langchain.message");

/** The same for all messages: it is frozen, so that nobody can change it for another. */
const namespace = Object.freeze(["langchain_core", "messages"]);

const common = ["content", "id", "name", "additional_kwargs", "response_metadata"];
const ofModels = [...common, "tool_calls", "invalid_tool_calls", "usage_metadata"];

const kinds: ReadonlyMap<unknown, Kind> = new Map(
  [
    { from: HumanMessage, type: "human", keys: common, build: buildOf(HumanMessage.prototype, "human") },
    { from: SystemMessage, type: "system", keys: common, build: buildOf(SystemMessage.prototype, "system") },
    { from: AIMessage, type: "ai", keys: ofModels, build: buildOfModels(AIMessage.prototype) },
  ].map(({ from, type, keys, build }) => {
    const [theirs, ours] = [makeSample(from as Build), makeSample(build)];
    return [
      from,
      {
        type,
        keys: new Set(keys),
        build: isAlike(theirs, ours) ? build : undefined,
        isModel: type === "ai",
        kept: [theirs, ours],
      },
    ];
  }),
);

/** What there is to know of the message that a constructor would make of these fields, if it is a plain one. */
export function toPlain(from: unknown, fields: Record<string, unknown>): PlainMessage | undefined {
  const kind = kinds.get(from);
  const { content, additional_kwargs: more, response_metadata: metadata } = fields;
  const { tool_calls: calls, invalid_tool_calls: invalidCalls } = fields;
  const names = Object.keys(fields);
  const isPlain =
    typeof content === "string" &&
    isObject(more) &&
    isObject(metadata) &&
    !("output_version" in metadata) &&
    names.every((name) => kind?.keys.has(name)) &&
    (!kind?.isModel || (Array.isArray(calls) && Array.isArray(invalidCalls)));
  if (kind === undefined || !isPlain) return undefined;
  return {
    kind,
    size: names.length,
    content,
    id: fields.id,
    name: fields.name,
    more: isEmpty(more) ? undefined : more,
    metadata: isEmpty(metadata) ? undefined : metadata,
    calls: isEmpty(calls) ? undefined : (calls as object),
    invalidCalls: isEmpty(invalidCalls) ? undefined : (invalidCalls as object),
    usage: fields.usage_metadata,
  };
}

/** Fields of one's own. */
export function copyPlain(fields: Fields, plain: PlainMessage): Fields {
  const made = { ...fields };
  made.additional_kwargs = plain.more === undefined ? new Empty() : copy(fields.additional_kwargs);
  made.response_metadata = plain.metadata === undefined ? new Empty() : copy(fields.response_metadata);
  if (!plain.kind.isModel) return made;
  made.tool_calls = plain.calls === undefined ? [] : copy(fields.tool_calls as unknown[]);
  made.invalid_tool_calls =
    plain.invalidCalls === undefined ? [] : copy(fields.invalid_tool_calls as unknown[]);
  if (plain.usage !== undefined) made.usage_metadata = copy(plain.usage);
  return made;
}

/** `{}`, without the room that V8 keeps in one for four members: thousands of messages have two of them each. */
const Empty = emptyClass();

function emptyClass(): new () => object {
  function Nothing() {}
  Nothing.prototype = Object.prototype;
  return Nothing as unknown as new () => object;
}

export function copy<T>(value: T): T {
  if (!isObject(value)) return value;
  if (Array.isArray(value)) return (value.length === 0 ? [] : value.map(copy)) as T;
  const made = { ...value } as Record<string, unknown>;
  for (const key in made) if (isObject(made[key])) made[key] = copy(made[key]);
  return made as T;
}

/** True only when a message still says what it was made of; false also where that must be looked at more closely. */
export function isPlainlySame(now: Made, plain: PlainMessage): boolean {
  return (
    hasNames(now.lc_kwargs, plain) &&
    now.content === plain.content &&
    now.id === plain.id &&
    now.name === plain.name &&
    isStill(now.additional_kwargs, plain.more) &&
    isStill(now.response_metadata, plain.metadata) &&
    (!plain.kind.isModel ||
      (isStillList(now.tool_calls, plain.calls) &&
        isStillList(now.invalid_tool_calls, plain.invalidCalls) &&
        isSame(now.usage_metadata, plain.usage)))
  );
}

/** What LangChain writes of a message are the names in `lc_kwargs`, with the values that it has by then. */
function hasNames(given: unknown, { size, id, name, kind, usage }: PlainMessage): boolean {
  if (!isObject(given)) return false;
  let surplus = -size;
  for (const _ in given) surplus += 1;
  const fields = given as Partial<Fields>;
  return (
    surplus === 0 &&
    fields.content !== undefined &&
    fields.additional_kwargs !== undefined &&
    fields.response_metadata !== undefined &&
    (id === undefined || fields.id !== undefined) &&
    (name === undefined || fields.name !== undefined) &&
    (!kind.isModel ||
      (fields.tool_calls !== undefined &&
        fields.invalid_tool_calls !== undefined &&
        (usage === undefined || fields.usage_metadata !== undefined)))
  );
}

function isStill(now: unknown, was: object | undefined): boolean {
  return was === undefined ? isObject(now) && !Array.isArray(now) && isEmpty(now) : isSame(now, was);
}

function isStillList(now: unknown, was: object | undefined): boolean {
  return was === undefined ? Array.isArray(now) && now.length === 0 : isSame(now, was);
}

export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  let surplus = 0;
  for (const key in left) {
    if (!isSame(left[key], right[key])) return false;
    surplus += 1;
  }
  for (const _ in right) surplus -= 1;
  return surplus === 0;
}

function isEmpty(value: unknown): boolean {
  for (const _ in value as object) return false;
  return true;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/**
 * Each member is assigned where it is constructed, and not by a function that both share: only of these does V8 know in
 * time how much room an object needs.
 */
function buildOf(prototype: object, type: string): Build {
  function Plain(this: Made, fields: Fields) {
    this.lc_serializable = true;
    this.lc_kwargs = fields;
    this.lc_namespace = namespace;
    this.id = fields.id;
    this.name = fields.name;
    this.content = fields.content;
    this.additional_kwargs = fields.additional_kwargs;
    this.response_metadata = fields.response_metadata;
    this[isMessage] = true;
    this.type = type;
  }
  Plain.prototype = prototype;
  return Plain as unknown as Build;
}

function buildOfModels(prototype: object): Build {
  function Plain(this: Made, fields: Fields) {
    this.lc_serializable = true;
    this.lc_kwargs = fields;
    this.lc_namespace = namespace;
    this.id = fields.id;
    this.name = fields.name;
    this.content = fields.content;
    this.additional_kwargs = fields.additional_kwargs;
    this.response_metadata = fields.response_metadata;
    this[isMessage] = true;
    this.type = "ai";
    this.tool_calls = fields.tool_calls as unknown[];
    this.invalid_tool_calls = fields.invalid_tool_calls as unknown[];
    this.usage_metadata = fields.usage_metadata;
  }
  Plain.prototype = prototype;
  return Plain as unknown as Build;
}

function makeSample(build: Build): BaseMessage {
  return new build({
    content: "text",
    id: "id",
    name: "name",
    additional_kwargs: { some: ["thing"] },
    response_metadata: { some: "thing" },
    tool_calls: [{ name: "tool", args: {}, id: "call", type: "tool_call" }],
    invalid_tool_calls: [],
    usage_metadata: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
  });
}

/** True when both have the same members, in the same order, with the same values. */
function isAlike(theirs: BaseMessage, ours: BaseMessage): boolean {
  const membersOf = (message: BaseMessage) => Reflect.ownKeys(message).map(String);
  return isDeepStrictEqual(theirs, ours) && isDeepStrictEqual(membersOf(theirs), membersOf(ours));
}
