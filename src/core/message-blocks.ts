import type { BaseMessage } from "@langchain/core/messages";
import { isRecord } from "../protocol/json.ts";

/**
 * One message as the protocol's content-block events (reference/protocol.md 3.5):
 * `message-start`, per block `content-block-start`, deltas, `content-block-finish`, `message-finish`.
 */
export type BlockEvent = { event: string } & Record<string, unknown>;

/** A part of a chunk, whatever shape the provider gave it. */
type Part =
  | { kind: "text"; text: string }
  | { kind: "reasoning"; text: string }
  | { kind: "tool"; key: string; id?: string; name?: string; args: string }
  | { kind: "other"; block: Record<string, unknown> };

interface OpenBlock {
  index: number;
  kind: "text" | "reasoning" | "tool";
  key: string;
  text: string;
  id?: string;
  name?: string;
  /** Length of `text` at the last delta sent; see {@link toolDelta}. */
  sent: number;
}

/**
 * Builds the events of a message from its chunks. Text and reasoning are sent delta by delta. Arguments
 * of a tool call are sent as `block-delta` with all of them so far, the one form that every client build
 * takes (SDK 1.11.0 throws on `tool-call-delta`), and therefore only when they have grown by a quarter:
 * together about five times their length, instead of its square.
 */
export function createMessageBlocks(id: string, emit: (event: BlockEvent) => void) {
  let nextIndex = 0;
  let current: OpenBlock | undefined;
  const tools = new Map<string, OpenBlock>();

  emit({ event: "message-start", id });

  function open(kind: OpenBlock["kind"], key: string, start: Record<string, unknown>): OpenBlock {
    const block: OpenBlock = { index: nextIndex, kind, key, text: "", sent: 0 };
    nextIndex += 1;
    emit({ event: "content-block-start", index: block.index, content: start });
    return block;
  }

  function closeCurrent(): void {
    if (current === undefined) return;
    const { index, kind, text } = current;
    const content = kind === "text" ? { type: "text", text } : { type: "reasoning", reasoning: text };
    emit({ event: "content-block-finish", index, content });
    current = undefined;
  }

  function addText(kind: "text" | "reasoning", text: string): void {
    if (text === "") return;
    if (current?.kind !== kind) {
      closeCurrent();
      current = open(
        kind,
        kind,
        kind === "text" ? { type: "text", text: "" } : { type: "reasoning", reasoning: "" },
      );
    }
    current.text += text;
    const delta =
      kind === "text" ? { type: "text-delta", text } : { type: "reasoning-delta", reasoning: text };
    emit({ event: "content-block-delta", index: current.index, delta });
  }

  function addTool(part: Extract<Part, { kind: "tool" }>): void {
    closeCurrent();
    let block = tools.get(part.key);
    if (block === undefined) {
      block = open("tool", part.key, {
        type: "tool_call_chunk",
        ...(part.id === undefined ? {} : { id: part.id }),
        ...(part.name === undefined ? {} : { name: part.name }),
        args: "",
      });
      tools.set(part.key, block);
    }
    if (part.id !== undefined) block.id ??= part.id;
    if (part.name !== undefined) block.name ??= part.name;
    block.text += part.args;
    if (block.text.length > block.sent * 1.25) toolDelta(block);
  }

  function toolDelta(block: OpenBlock): void {
    block.sent = block.text.length;
    emit({
      event: "content-block-delta",
      index: block.index,
      delta: { type: "block-delta", fields: { type: "tool_call_chunk", args: block.text } },
    });
  }

  return {
    add(message: BaseMessage): void {
      for (const part of partsOf(message)) {
        if (part.kind === "tool") addTool(part);
        else if (part.kind === "other") {
          closeCurrent();
          emit({ event: "content-block-start", index: nextIndex, content: part.block });
          emit({ event: "content-block-finish", index: nextIndex, content: part.block });
          nextIndex += 1;
        } else addText(part.kind, part.text);
      }
    },

    finish(message: BaseMessage | undefined): void {
      closeCurrent();
      for (const block of tools.values()) {
        emit({ event: "content-block-finish", index: block.index, content: toToolCall(block) });
      }
      const usage = message && "usage_metadata" in message ? message.usage_metadata : undefined;
      const reason = message?.response_metadata?.finish_reason ?? message?.response_metadata?.stop_reason;
      emit({
        event: "message-finish",
        ...(usage == null ? {} : { usage }),
        ...(typeof reason === "string" ? { reason } : {}),
      });
    },

    fail(message: string): void {
      emit({ event: "error", message });
    },
  };
}

export type MessageBlocks = ReturnType<typeof createMessageBlocks>;

/** The events of a message that was not streamed. */
export function emitWholeMessage(message: BaseMessage, emit: (event: BlockEvent) => void): void {
  const role = message.type === "ai" ? {} : { role: message.type };
  const blocks = createMessageBlocks(message.id ?? "", (event) =>
    emit(event.event === "message-start" ? { ...event, ...role } : event),
  );
  blocks.add(message);
  blocks.finish(message);
}

function toToolCall({ id, name, text }: OpenBlock): Record<string, unknown> {
  const named = { ...(id === undefined ? {} : { id }), name: name ?? "" };
  try {
    const args: unknown = text === "" ? {} : JSON.parse(text);
    if (isRecord(args)) return { type: "tool_call", ...named, args };
  } catch {
    // fall through: what the model wrote is no JSON object
  }
  return { type: "invalid_tool_call", ...named, args: text, error: "The arguments are not a JSON object." };
}

function partsOf(message: BaseMessage): Part[] {
  const parts: Part[] = [];
  const reasoning = message.additional_kwargs?.reasoning_content;
  if (typeof reasoning === "string") parts.push({ kind: "reasoning", text: reasoning });
  if (typeof message.content === "string") parts.push({ kind: "text", text: message.content });
  else for (const block of message.content) parts.push(...toPart(block as Record<string, unknown>));
  const chunks = (message as { tool_call_chunks?: ToolChunk[] }).tool_call_chunks;
  const calls = (message as { tool_calls?: ToolCall[] }).tool_calls;
  if (chunks && chunks.length > 0) {
    for (const [position, { index, id, name, args }] of chunks.entries()) {
      parts.push({
        kind: "tool",
        key: String(index ?? id ?? position),
        ...(id ? { id } : {}),
        ...(name ? { name } : {}),
        args: args ?? "",
      });
    }
  } else if (chunks === undefined) {
    for (const [position, { id, name, args }] of (calls ?? []).entries()) {
      parts.push({
        kind: "tool",
        key: id ?? String(position),
        ...(id ? { id } : {}),
        name,
        args: JSON.stringify(args),
      });
    }
  }
  return parts;
}

interface ToolChunk {
  index?: number;
  id?: string;
  name?: string;
  args?: string;
}

interface ToolCall {
  id?: string;
  name: string;
  args: unknown;
}

/** Content blocks that carry tool calls again; the calls are read from the message's own fields. */
const toolBlocks = new Set(["tool_use", "tool_call", "tool_call_chunk", "input_json_delta", "function_call"]);

function toPart(block: Record<string, unknown>): Part[] {
  const type = String(block.type ?? "");
  if (typeof block.text === "string") return [{ kind: "text", text: block.text }];
  if (typeof block.thinking === "string") return [{ kind: "reasoning", text: block.thinking }];
  if (typeof block.reasoning === "string") return [{ kind: "reasoning", text: block.reasoning }];
  if (toolBlocks.has(type) || type === "" || type.endsWith("_delta")) return [];
  return [{ kind: "other", block }];
}
