import type { BaseMessage } from "@langchain/core/messages";
import type { Leaf } from "./leaf-cache.ts";
import { isUnchanged, type MessageFields, toMessage } from "./message-fields.ts";

/**
 * The messages that one owner was handed out, or has stored, with what is stored of each. Those that come back
 * as they were need not be encoded, stored or rendered again; each is compared every time, since anybody may
 * have changed it.
 */
export interface KnownMessages {
  /** Messages of one's own, of a full leaf. */
  handOut(leaf: Leaf): BaseMessage[];
  /** Remembers what a single message is stored as. */
  tell(message: object, hash: string, fields: MessageFields): void;
  /** The leaf whose messages are in the list from this place on, when all of them are and none has changed. */
  leafAt(list: readonly unknown[], from: number): Leaf | undefined;
  /** What the message is stored as, when it has not changed. */
  hashOf(message: object): string | undefined;
}

export function createKnownMessages(): KnownMessages {
  const leaves = new WeakMap<object, { leaf: Leaf; messages: readonly object[] }>();
  const single = new WeakMap<object, { hash: string; fields: MessageFields }>();
  return {
    handOut(leaf) {
      const messages = leaf.fields.map(toMessage);
      if (messages[0]) leaves.set(messages[0], { leaf, messages: [...messages] });
      return messages;
    },

    tell(message, hash, fields) {
      single.set(message, { hash, fields });
    },

    leafAt(list, from) {
      const handed = leaves.get(list[from] as object);
      if (handed === undefined) return undefined;
      const { leaf, messages } = handed;
      for (let place = 0; place < messages.length; place += 1) {
        const message = list[from + place];
        if (message !== messages[place]) return undefined;
        if (!isUnchanged(message as object, leaf.fields[place] as MessageFields)) return undefined;
      }
      return leaf;
    },

    hashOf(message) {
      const told = single.get(message);
      return told && isUnchanged(message, told.fields) ? told.hash : undefined;
    },
  };
}
