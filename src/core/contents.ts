import { createHash } from "node:crypto";
import type { SerializerProtocol } from "@langchain/langgraph-checkpoint";
import type { Content } from "./ports.ts";

/**
 * State stored once: a value is a content, named by the hash of its bytes. A list of objects (messages)
 * is a tree of contents with {@link fanOut} children a node, cut at fixed offsets, so that appending to a
 * list of n items writes the new items and log(n) nodes, whatever was there before.
 *
 * A record of objects (step states by id) is kept entry by entry, for the same reason.
 *
 * The first byte says what follows: `v` a value as the serializer wrote it (its type, a 0 byte, its
 * bytes); `l` a JSON array of hashes of items; `t` a JSON array of hashes of lists or trees; `m` a JSON
 * array of `[key, hash]`.
 */
const fanOut = 64;
const [valueTag, listTag, treeTag, recordTag] = [0x76, 0x6c, 0x74, 0x6d];

export interface Encoded {
  hash: string;
  contents: Content[];
}

/** Encodes a value; `contents` holds all of it, also what the store may have already. */
export async function encodeContent(serde: SerializerProtocol, value: unknown): Promise<Encoded> {
  const contents: Content[] = [];
  const keep = (tag: number, payload: Uint8Array): string => {
    const bytes = new Uint8Array(payload.length + 1);
    bytes[0] = tag;
    bytes.set(payload, 1);
    const hash = createHash("sha256").update(bytes).digest("base64url").slice(0, 32);
    contents.push({ hash, bytes });
    return hash;
  };
  const keepValue = async (item: unknown): Promise<string> => {
    const [type, data] = await serde.dumpsTyped(item);
    return keep(valueTag, Buffer.concat([Buffer.from(`${type}\0`), data]));
  };
  if (isRecordOfObjects(value)) {
    const entries = Object.entries(value).map(async ([key, item]) => [key, await keepValue(item)]);
    const record = keep(recordTag, Buffer.from(JSON.stringify(await Promise.all(entries))));
    return { hash: record, contents };
  }
  if (!isListOfObjects(value)) return { hash: await keepValue(value), contents };

  const items = await Promise.all(value.map(keepValue));
  let [tag, level] = [listTag, items];
  while (true) {
    const nodes: string[] = [];
    for (let from = 0; from < level.length; from += fanOut) {
      nodes.push(keep(tag, Buffer.from(JSON.stringify(level.slice(from, from + fanOut)))));
    }
    const [root] = nodes;
    if (root !== undefined && nodes.length === 1) return { hash: root, contents };
    [tag, level] = [treeTag, nodes];
  }
}

function isListOfObjects(value: unknown): value is object[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item) => typeof item === "object" && item !== null && !(item instanceof Uint8Array))
  );
}

function isRecordOfObjects(value: unknown): value is Record<string, object> {
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return false;
  const items = Object.values(value);
  return items.length > 0 && items.every((item) => typeof item === "object" && item !== null);
}

type Load = (hashes: string[]) => Promise<Map<string, Uint8Array>>;

/** These contents and all that they are made of. */
export async function loadReachable(hashes: readonly string[], load: Load): Promise<Map<string, Uint8Array>> {
  const loaded = new Map<string, Uint8Array>();
  let wanted = [...new Set(hashes)];
  while (wanted.length > 0) {
    const found = await load(wanted);
    const children = new Set<string>();
    for (const hash of wanted) {
      const bytes = found.get(hash);
      if (bytes === undefined) throw new Error(`The store has lost content ${hash}.`);
      loaded.set(hash, bytes);
      for (const child of childrenOf(bytes)) children.add(child);
    }
    wanted = [...children].filter((hash) => !loaded.has(hash));
  }
  return loaded;
}

/**
 * Loads contents by hash, in as many round trips as the deepest tree has levels, and returns what decodes
 * them. Every call decodes anew: no two callers ever share a mutable object.
 *
 * @param load - Gets the bytes of hashes from the store.
 * @throws Error when a content is missing: the store has lost it.
 */
export async function loadContents(
  serde: SerializerProtocol,
  hashes: readonly string[],
  load: Load,
): Promise<(hash: string) => Promise<unknown>> {
  const loaded = await loadReachable(hashes, load);
  return async function decode(hash): Promise<unknown> {
    const bytes = loaded.get(hash);
    if (bytes === undefined) throw new Error(`Content ${hash} was not asked for.`);
    if (bytes[0] === valueTag) return decodeValue(serde, bytes);
    if (bytes[0] === recordTag) {
      const entries = (listOf(bytes) as [string, string][]).map(async ([key, item]) => [
        key,
        await decode(item),
      ]);
      return Object.fromEntries(await Promise.all(entries));
    }
    const parts = await Promise.all(childrenOf(bytes).map(decode));
    return bytes[0] === treeTag ? parts.flat() : parts;
  };
}

/** Hashes of the contents that a content is made of. */
export function childrenOf(bytes: Uint8Array): string[] {
  if (bytes[0] === valueTag) return [];
  const list = listOf(bytes);
  return bytes[0] === recordTag ? (list as [string, string][]).map(([, hash]) => hash) : (list as string[]);
}

function listOf(bytes: Uint8Array): unknown[] {
  return JSON.parse(Buffer.from(bytes.subarray(1)).toString()) as unknown[];
}

async function decodeValue(serde: SerializerProtocol, bytes: Uint8Array): Promise<unknown> {
  const end = bytes.indexOf(0, 1);
  const type = Buffer.from(bytes.subarray(1, end)).toString();
  return serde.loadsTyped(type, bytes.subarray(end + 1));
}
