import type { BaseMessage } from "@langchain/core/messages";
import { type Leaf, ShownMessage, type StoredLeaf, toLeaf, toShownLeaf } from "./leaf-cache.ts";
import { isUnchanged, type MessageFields, toMessage } from "./message-fields.ts";

/**
 * The messages that one owner was handed out, or has stored, with what is stored of each. Those that come back
 * as they were need not be encoded, stored or rendered again; each is compared every time, since anybody may
 * have changed it.
 */
export interface KnownMessages {
  /** A full leaf that was read, if it holds nothing but messages. */
  read(stored: StoredLeaf): Leaf | undefined;
  /** The messages of a full leaf: of one's own, or what stands for them. */
  handOut(leaf: Leaf): object[];
  /** Remembers what a single message is stored as. */
  tell(message: object, hash: string, fields: MessageFields): void;
  /** The leaf whose messages are in the list from this place on, when all of them are and none has changed. */
  leafAt(list: readonly unknown[], from: number): Leaf | undefined;
  /** What the message is stored as, when it has not changed. */
  hashOf(message: object): string | undefined;
}

/** @param isShown - The messages of full leaves are only to be shown: see {@link ShownMessage}. */
export function createKnownMessages(isShown = false): KnownMessages {
  /** By their first message. Nothing in it holds a message: V8's collections of what is young take that for a use. */
  const leaves = new WeakMap<object, Leaf>();
  const single = new WeakMap<object, { hash: string; fields: MessageFields }>();
  return {
    read: isShown ? toShownLeaf : toLeaf,

    handOut(leaf) {
      if (isShown) return [...leaf.shown()];
      const messages: BaseMessage[] = leaf.fields().map(toMessage);
      if (messages[0]) leaves.set(messages[0], leaf);
      return messages;
    },

    tell(message, hash, fields) {
      single.set(message, { hash, fields });
    },

    leafAt(list, from) {
      const first = list[from];
      if (first instanceof ShownMessage) {
        const { leaf } = first;
        return leaf.shown().every((message, place) => list[from + place] === message) ? leaf : undefined;
      }
      const leaf = leaves.get(first as object);
      const isWhole = leaf?.fields().every((fields, place) => {
        const message = list[from + place];
        return typeof message === "object" && message !== null && isUnchanged(message, fields);
      });
      return isWhole ? leaf : undefined;
    },

    hashOf(message) {
      const told = single.get(message);
      return told && isUnchanged(message, told.fields) ? told.hash : undefined;
    },
  };
}
