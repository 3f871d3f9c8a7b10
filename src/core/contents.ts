import { createHash } from "node:crypto";
import { BaseMessage } from "@langchain/core/messages";
import type { SerializerProtocol } from "@langchain/langgraph-checkpoint";
import { createKnownMessages, type KnownMessages } from "./known-messages.ts";
import { createLeafCache, type Leaf, type StoredLeaf } from "./leaf-cache.ts";
import { parseMessageFields, toMessage } from "./message-fields.ts";
import type { Content } from "./ports.ts";
import { marker } from "./serializer.ts";

/**
 * State stored once: a value is a content, named by the hash of its bytes. A list of objects (messages)
 * is a tree of contents with {@link fanOut} children a node, cut at fixed offsets, so that appending to a
 * list of n items writes the new items and log(n) nodes, whatever was there before.
 *
 * A record of objects (step states by id) is kept entry by entry, for the same reason.
 *
 * The first byte says what follows: `v` a value as the serializer wrote it (its type, a 0 byte, its
 * bytes); `l` the hashes of items, {@link hashBytes} each; `t` those of lists or trees; `m` a JSON array of
 * `[key, hash]`.
 */
export const fanOut = 64;
const [valueTag, listTag, treeTag, recordTag] = [0x76, 0x6c, 0x74, 0x6d];

/** Of a SHA-256: no two contents of a thread meet by chance, and a node of 64 children takes 1 kB. */
const hashBytes = 16;

/**
 * 32,000 messages of 1 kB; the text for clients takes as much again, where anybody reads it. Read again they cost
 * a tenth, and turns of a long conversation as much as its first.
 */
const leafCache = createLeafCache(32 * 1024 * 1024);

export interface Encoded {
  hash: string;
  contents: Content[];
}

/**
 * Encodes a value; `contents` holds all of it, also what the store may have already, but for what is `known` to be
 * stored. Messages that are encoded are known from then on.
 */
export async function encodeContent(
  serde: SerializerProtocol,
  value: unknown,
  known: KnownMessages = createKnownMessages(),
): Promise<Encoded> {
  const contents: Content[] = [];
  const keep = (tag: number, payload: Uint8Array): string => {
    const bytes = new Uint8Array(payload.length + 1);
    bytes[0] = tag;
    bytes.set(payload, 1);
    const hash = createHash("sha256").update(bytes).digest().subarray(0, hashBytes).toString("base64url");
    contents.push({ hash, bytes });
    return hash;
  };
  const keepNode = (tag: number, hashes: string[]): string =>
    keep(tag, Buffer.concat(hashes.map((hash) => Buffer.from(hash, "base64url"))));

  const keepValue = async (item: unknown): Promise<string> => {
    const isObject = typeof item === "object" && item !== null;
    const same = isObject ? known.hashOf(item) : undefined;
    if (same !== undefined) return same;
    const [type, data] = await serde.dumpsTyped(item);
    const hash = keep(valueTag, Buffer.concat([Buffer.from(`${type}\0`), data]));
    if (isObject && BaseMessage.isInstance(item)) {
      const fields = type === "json" ? parseMessageFields(Buffer.from(data).toString()) : undefined;
      if (fields) known.tell(item, hash, fields);
    }
    return hash;
  };

  async function keepList(list: readonly object[], leaves: Leaves): Promise<string> {
    let level: string[] = [];
    for (const [place, same] of leaves.entries()) {
      const items = same ? [] : list.slice(place * fanOut, (place + 1) * fanOut);
      level.push(same?.hash ?? keepNode(listTag, await Promise.all(items.map(keepValue))));
    }
    while (level.length > 1) {
      const nodes: string[] = [];
      for (let from = 0; from < level.length; from += fanOut) {
        nodes.push(keepNode(treeTag, level.slice(from, from + fanOut)));
      }
      level = nodes;
    }
    return level[0] as string;
  }

  const keepListOr = async (
    item: unknown,
    keepOther: (item: unknown) => Promise<string>,
  ): Promise<string> => {
    const leaves = leavesOf(item, known);
    return leaves ? keepList(item as object[], leaves) : keepOther(item);
  };

  async function keepRecord(item: unknown): Promise<string> {
    if (!isRecordOfObjects(item)) return keepValue(item);
    const entries = Object.entries(item).map(async ([key, entry]) => [
      key,
      await keepListOr(entry, keepValue),
    ]);
    return keep(recordTag, Buffer.from(JSON.stringify(await Promise.all(entries))));
  }

  return { hash: await keepListOr(value, keepRecord), contents };
}

/** For each leaf of a list what is known of it, if anything is. */
type Leaves = (Leaf | undefined)[];

/** Undefined for what is no list of objects. */
function leavesOf(value: unknown, known: KnownMessages): Leaves | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const leaves: Leaves = [];
  for (let from = 0; from < value.length; from += fanOut) {
    const leaf = known.leafAt(value, from);
    if (leaf === undefined && !value.slice(from, from + fanOut).every(isItem)) return undefined;
    leaves.push(leaf);
  }
  return leaves;
}

function isItem(item: unknown): boolean {
  return typeof item === "object" && item !== null && !(item instanceof Uint8Array);
}

function isRecordOfObjects(value: unknown): value is Record<string, object> {
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return false;
  const items = Object.values(value);
  return items.length > 0 && items.every((item) => typeof item === "object" && item !== null);
}

type Load = (hashes: string[]) => Promise<Map<string, Uint8Array>>;

/** These contents and all that they are made of, but for what `isKnown`. */
export async function loadReachable(
  hashes: readonly string[],
  load: Load,
  isKnown: (hash: string) => boolean = () => false,
): Promise<Map<string, Uint8Array>> {
  const loaded = new Map<string, Uint8Array>();
  let wanted = [...new Set(hashes)].filter((hash) => !isKnown(hash));
  while (wanted.length > 0) {
    const found = await load(wanted);
    const children = new Set<string>();
    for (const hash of wanted) {
      const bytes = found.get(hash);
      if (bytes === undefined) throw new Error(`The store has lost content ${hash}.`);
      loaded.set(hash, bytes);
      for (const child of childrenOf(bytes)) children.add(child);
    }
    wanted = [...children].filter((hash) => !loaded.has(hash) && !isKnown(hash));
  }
  return loaded;
}

/**
 * Loads contents by hash, in as many round trips as the deepest tree has levels, and returns what decodes
 * them. Every call decodes anew: no two callers ever share a mutable object.
 *
 * @param load - Gets the bytes of hashes from the store.
 * @param known - Told of the messages that are handed out.
 * @throws Error when a content is missing: the store has lost it.
 */
export async function loadContents(
  serde: SerializerProtocol,
  hashes: readonly string[],
  load: Load,
  known: KnownMessages = createKnownMessages(),
): Promise<(hash: string) => Promise<unknown>> {
  const leaves = new Map<string, Leaf>();
  const loaded = await loadReachable(hashes, load, (hash) => {
    const leaf = leafCache.get(hash);
    if (leaf) leaves.set(hash, leaf);
    return leaf !== undefined;
  });

  function decode(hash: string): unknown {
    const bytes = loaded.get(hash);
    if (bytes === undefined && !leaves.has(hash)) throw new Error(`Content ${hash} was not asked for.`);
    if (bytes?.[0] === valueTag) return decodeValue(hash, bytes);
    if (bytes?.[0] === recordTag) {
      const entries = entriesOf(bytes);
      const values = all(entries.map(([, entry]) => decode(entry)));
      return after(values, (list) =>
        Object.fromEntries(list.map((item, place) => [entries[place]?.[0], item])),
      );
    }
    return all(itemsOf(hash));
  }

  /** Of a list, or a tree of lists. */
  function itemsOf(hash: string): unknown[] {
    const bytes = loaded.get(hash);
    const children = bytes ? childrenOf(bytes) : [];
    if (bytes?.[0] === treeTag) return ([] as unknown[]).concat(...children.map(itemsOf));
    const stored = children.length === fanOut ? readLeaf(hash, children, loaded) : undefined;
    const leaf = leaves.get(hash) ?? (stored && known.read(stored));
    if (leaf === undefined) return children.map(decode);
    leafCache.set(leaf);
    leaves.set(hash, leaf);
    return known.handOut(leaf);
  }

  /** What only needs JSON is decoded at once; the rest is the serializer's. */
  function decodeValue(hash: string, bytes: Uint8Array): unknown {
    const text = jsonOf(bytes);
    if (text !== undefined) {
      const fields = parseMessageFields(text);
      if (fields) {
        const message = toMessage(fields);
        known.tell(message, hash, fields);
        return message;
      }
      if (!text.includes('"lc":') && !text.includes(marker)) return JSON.parse(text);
    }
    const end = bytes.indexOf(0, 1);
    const type = Buffer.from(bytes.subarray(1, end)).toString();
    return serde.loadsTyped(type, new Uint8Array(bytes.subarray(end + 1))); // it may be handed out as it is
  }

  return async (hash) => decode(hash);
}

/** A full leaf whose items are JSON, each by itself. */
function readLeaf(hash: string, children: string[], loaded: Map<string, Uint8Array>): StoredLeaf | undefined {
  const texts: string[] = [];
  let size = 0;
  for (const child of children) {
    const bytes = loaded.get(child);
    const text = bytes && jsonOf(bytes);
    if (text === undefined) return undefined;
    texts.push(text);
    size += bytes?.length ?? 0;
  }
  return { hash, texts, bytes: size };
}

const jsonHead = Buffer.from("vjson\0");

/** The text of a value that is stored as JSON; undefined for every other content. */
export function jsonOf(bytes: Uint8Array): string | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (buffer.compare(jsonHead, 0, jsonHead.length, 0, jsonHead.length) !== 0) return undefined;
  return buffer.toString("utf8", jsonHead.length);
}

/** What a content is made of: itself (`value`), items (`list`), lists or trees (`tree`), or entries (`record`). */
export function kindOf(bytes: Uint8Array): "value" | "list" | "tree" | "record" {
  if (bytes[0] === listTag) return "list";
  if (bytes[0] === treeTag) return "tree";
  return bytes[0] === recordTag ? "record" : "value";
}

/** Hashes of the contents that a content is made of. */
export function childrenOf(bytes: Uint8Array): string[] {
  if (bytes[0] === valueTag) return [];
  if (bytes[0] === recordTag) return entriesOf(bytes).map(([, hash]) => hash);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const hashes: string[] = [];
  for (let from = 1; from < buffer.length; from += hashBytes) {
    hashes.push(buffer.toString("base64url", from, from + hashBytes));
  }
  return hashes;
}

function entriesOf(bytes: Uint8Array): [string, string][] {
  return JSON.parse(Buffer.from(bytes.subarray(1)).toString()) as [string, string][];
}

/** The serializer's promises are awaited together; without any there is none: thousands cost more than the work. */
function all(items: unknown[]): unknown[] | Promise<unknown[]> {
  return items.some((item) => item instanceof Promise) ? Promise.all(items) : items;
}

function after<T>(list: unknown[] | Promise<unknown[]>, then: (list: unknown[]) => T): T | Promise<T> {
  return list instanceof Promise ? list.then(then) : then(list);
}
