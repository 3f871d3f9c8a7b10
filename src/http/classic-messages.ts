import { isRecord } from "../protocol/json.ts";

/** A message, or a piece of one, as classic clients read it (reference/protocol.md 2.2). */
export type MessageDict = Record<string, unknown> & { id: string; type: string };

interface OpenMessage {
  id: string;
  type: string;
  /** Characters of text and reasoning that went out, by block. */
  sent: Map<number, number>;
  /** Where the blocks began that are not finished, by block. */
  starts: Map<number, number>;
  /** Characters of `sent` that the log has in the block's end alone, by block. */
  folded: Map<number, number>;
  /** All of it so far, for the older mode `messages`. */
  whole: MessageDict;
}

export interface MessagePart {
  /** What is new: clients add it to what they have of the same id. */
  chunk: MessageDict;
  /** All so far. */
  whole: MessageDict;
  isFirst: boolean;
  isLast: boolean;
}

/**
 * Turns the protocol's content-block events of one run back into the pieces of messages that classic clients
 * join: of text what is new, of a tool call the whole when it is finished.
 */
export function createMessageParts() {
  const open = new Map<string, OpenMessage>();

  function begin(ns: string, { id, role }: Record<string, unknown>): MessagePart {
    const message: OpenMessage = {
      id: String(id),
      type: String(role ?? "ai"),
      sent: new Map(),
      starts: new Map(),
      folded: new Map(),
      whole: { id: String(id), type: String(role ?? "ai"), content: "" },
    };
    open.set(ns, message);
    return { chunk: { ...message.whole }, whole: message.whole, isFirst: true, isLast: false };
  }

  function add(message: OpenMessage, fields: Record<string, unknown>, isLast = false): MessagePart {
    const { id, type } = message;
    message.whole = join(message.whole, fields);
    return { chunk: { content: "", ...fields, id, type }, whole: message.whole, isFirst: false, isLast };
  }

  function addText(message: OpenMessage, index: number, text: string): MessagePart | undefined {
    if (text === "") return undefined;
    message.sent.set(index, (message.sent.get(index) ?? 0) + text.length);
    return add(message, { content: text });
  }

  function addReasoning(message: OpenMessage, index: number, text: string): MessagePart | undefined {
    if (text === "") return undefined;
    message.sent.set(index, (message.sent.get(index) ?? 0) + text.length);
    return add(message, { additional_kwargs: { reasoning_content: text } });
  }

  /** What the client has already of a block whose pieces are folded. */
  function takeFolded(
    message: OpenMessage,
    index: number,
    { text, reasoning }: Record<string, unknown>,
  ): void {
    const length = message.folded.get(index) ?? 0;
    if (length === 0) return;
    if (typeof text === "string") message.whole = join(message.whole, { content: text.slice(0, length) });
    else if (typeof reasoning === "string")
      message.whole = join(message.whole, {
        additional_kwargs: { reasoning_content: reasoning.slice(0, length) },
      });
  }

  function finishBlock(
    message: OpenMessage,
    index: number,
    content: Record<string, unknown>,
  ): MessagePart | undefined {
    const sent = message.sent.get(index) ?? 0;
    message.starts.delete(index);
    takeFolded(message, index, content);
    if (typeof content.text === "string") return addText(message, index, content.text.slice(sent));
    if (typeof content.reasoning === "string")
      return addReasoning(message, index, content.reasoning.slice(sent));
    if (content.type === "tool_call" || content.type === "invalid_tool_call") {
      const { id, name, args } = content;
      const text = typeof args === "string" ? args : JSON.stringify(args ?? {});
      const chunk = { index, id, name, args: text, type: "tool_call_chunk" };
      const calls =
        content.type === "tool_call"
          ? { tool_calls: [{ id, name, args, type: "tool_call" }] }
          : {
              invalid_tool_calls: [{ id, name, args: text, error: content.error, type: "invalid_tool_call" }],
            };
      return add(message, { tool_call_chunks: [chunk], ...calls });
    }
    return add(message, { content: [content] });
  }

  return {
    /** What one event of the `messages` channel adds; undefined when that is nothing. */
    of(namespace: readonly string[], data: Record<string, unknown>, seq: number): MessagePart | undefined {
      const ns = namespace.join("|");
      if (data.event === "message-start") return begin(ns, data);
      const message = open.get(ns);
      if (message === undefined) return undefined;
      const index = Number(data.index ?? 0);
      if (data.event === "content-block-start") message.starts.set(index, seq);
      if (data.event === "content-block-delta" && isRecord(data.delta)) {
        const { type, text, reasoning } = data.delta;
        if (type === "text-delta") return addText(message, index, String(text));
        if (type === "reasoning-delta") return addReasoning(message, index, String(reasoning));
        return undefined;
      }
      if (data.event === "content-block-finish" && isRecord(data.content))
        return finishBlock(message, index, data.content);
      if (data.event !== "message-finish") return undefined;
      open.delete(ns);
      const reason = data.reason === undefined ? {} : { response_metadata: { finish_reason: data.reason } };
      const usage = data.usage === undefined ? {} : { usage_metadata: data.usage };
      return add(message, { ...reason, ...usage }, true);
    },

    /** How much went out of the blocks that are not finished, by where they began. */
    sent(): Map<number, number> {
      const blocks = [...open.values()].flatMap(({ starts, sent }) =>
        [...starts].map(([index, start]) => [start, sent.get(index) ?? 0] as const),
      );
      return new Map(blocks.filter(([, length]) => length > 0));
    },

    /** The client has this much of these blocks, whatever the log still has of their pieces. */
    resume(had: ReadonlyMap<number, number>): void {
      for (const { starts, sent, folded } of open.values()) {
        for (const [index, start] of starts) {
          const length = had.get(start) ?? 0;
          const known = sent.get(index) ?? 0;
          if (length <= known) continue;
          sent.set(index, length);
          folded.set(index, length - known);
        }
      }
    },
  };
}

function join(whole: MessageDict, fields: Record<string, unknown>): MessageDict {
  const joined: MessageDict = { ...whole };
  for (const [key, value] of Object.entries(fields)) {
    const before = joined[key];
    if (typeof before === "string" && typeof value === "string") joined[key] = before + value;
    else if (Array.isArray(value)) joined[key] = [...toBlocks(before), ...value];
    else if (isRecord(before) && isRecord(value)) joined[key] = join(before as MessageDict, value);
    else joined[key] = value;
  }
  return joined;
}

function toBlocks(content: unknown): unknown[] {
  if (Array.isArray(content)) return content;
  return typeof content === "string" && content !== "" ? [{ type: "text", text: content }] : [];
}
