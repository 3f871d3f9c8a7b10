import { type MessageFields, toMessageText } from "./message-fields.ts";

/** A full leaf of a list of messages, as it is stored: nobody's to change. */
export interface Leaf {
  readonly hash: string;
  readonly fields: readonly MessageFields[];
  /** Of its text as it is stored. */
  readonly bytes: number;
  /** See {@link textOf}. */
  text?: Buffer;
}

/** The messages of a leaf as clients read them: JSON in UTF-8, with commas between them. Made once. */
export function textOf(leaf: Leaf): Buffer {
  leaf.text ??= Buffer.from(leaf.fields.map(toMessageText).join(","));
  return leaf.text;
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
