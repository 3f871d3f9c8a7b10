import type { MessageFields } from "./message-fields.ts";

/** A full leaf of a list of messages, as it is stored: nobody's to change. */
export interface Leaf {
  fields: readonly MessageFields[];
  /** Of its text. */
  bytes: number;
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
    set(hash: string, leaf: Leaf): void {
      if (leaf.bytes > maxBytes / 4 || leaves.has(hash)) return;
      leaves.set(hash, leaf);
      bytes += leaf.bytes;
      for (const [oldest, { bytes: size }] of leaves) {
        if (bytes <= maxBytes) return;
        leaves.delete(oldest);
        bytes -= size;
      }
    },
  };
}
