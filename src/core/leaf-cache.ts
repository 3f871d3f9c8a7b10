import {
  fieldsOfWireText,
  type MessageFields,
  parseMessageFields,
  toMessageText,
  toPlainText,
} from "./message-fields.ts";

/** A full leaf of a list of messages, as it is stored: nobody's to change. */
export interface Leaf {
  readonly hash: string;
  /** Of its text as it is stored. */
  readonly bytes: number;
  /** Its messages, for those who make them. Parsed once. */
  fields(): readonly MessageFields[];
  /** Its messages as clients read them: JSON in UTF-8, with commas between them. Made once. */
  text(): Buffer;
  /** What stands for its messages where they are only shown. Made once. */
  shown(): readonly ShownMessage[];
}

/**
 * A message that is only shown: in JSON it says what the message says to clients, and nothing of it can be changed. So
 * all who read a leaf are handed the same ones.
 */
export class ShownMessage {
  readonly leaf: Leaf;
  readonly #place: number;

  constructor(leaf: Leaf, place: number) {
    this.leaf = leaf;
    this.#place = place;
    Object.freeze(this);
  }

  toJSON(): unknown {
    return JSON.parse(toMessageText(this.leaf.fields()[this.#place] as MessageFields));
  }
}

export interface StoredLeaf {
  hash: string;
  /** The messages as the serializer wrote them. */
  texts: readonly string[];
  bytes: number;
}

/** A leaf of messages that are to be made. Undefined when one of them is no message of the common kinds. */
export function toLeaf(stored: StoredLeaf): Leaf | undefined {
  const fields: MessageFields[] = [];
  for (const text of stored.texts) {
    const message = parseMessageFields(text);
    if (message === undefined) return undefined;
    fields.push(message);
  }
  return createLeaf(stored, { fields });
}

/** A leaf of messages that are to be shown: what clients read of plain ones is cut out of what is stored. */
export function toShownLeaf(stored: StoredLeaf): Leaf | undefined {
  const texts: string[] = [];
  for (const one of stored.texts) {
    const text = toPlainText(one);
    if (text === undefined) return toLeaf(stored);
    texts.push(text);
  }
  return createLeaf(stored, { text: Buffer.from(texts.join(",")) });
}

function createLeaf(
  { hash, bytes, texts: { length } }: StoredLeaf,
  made: { fields?: readonly MessageFields[]; text?: Buffer },
): Leaf {
  let { fields, text } = made;
  let shown: readonly ShownMessage[] | undefined;
  const leaf: Leaf = {
    hash,
    bytes,
    fields() {
      fields ??= fieldsOfWireText(String(text));
      return fields;
    },
    text() {
      text ??= Buffer.from(leaf.fields().map(toMessageText).join(","));
      return text;
    },
    shown() {
      shown ??= Array.from({ length }, (_, place) => new ShownMessage(leaf, place));
      return shown;
    },
  };
  return leaf;
}

/**
 * The leaves read last, by hash, up to so many bytes of text. What has a hash never changes, so there is
 * nothing to invalidate; short threads have no full leaf, and cost nothing here.
 */
export function createLeafCache(maxBytes: number) {
  const leaves = new Map<string, Leaf>();
  let bytes = 0;
  return {
    get(hash: string): Leaf | undefined {
      const leaf = leaves.get(hash);
      if (leaf === undefined) return undefined;
      leaves.delete(hash);
      leaves.set(hash, leaf);
      return leaf;
    },
    set(leaf: Leaf): void {
      if (leaf.bytes > maxBytes / 4 || leaves.has(leaf.hash)) return;
      leaves.set(leaf.hash, leaf);
      bytes += leaf.bytes;
      for (const [oldest, { bytes: size }] of leaves) {
        if (bytes <= maxBytes) return;
        leaves.delete(oldest);
        bytes -= size;
      }
    },
  };
}
