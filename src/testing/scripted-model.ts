import { randomUUID } from "node:crypto";
import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import { BaseChatModel, type BaseChatModelParams } from "@langchain/core/language_models/chat_models";
import {
  AIMessage,
  AIMessageChunk,
  type AIMessageChunkFields,
  type BaseMessage,
} from "@langchain/core/messages";
import { ChatGenerationChunk, type ChatResult } from "@langchain/core/outputs";
import type { RunnableConfig } from "@langchain/core/runnables";

/** What a scripted model says to one call. */
export interface ScriptedReply {
  /** Thought before it is said: streamed first, as blocks of reasoning. */
  thoughts?: string;
  text?: string;
  calls?: { name: string; args: Record<string, unknown> }[];
  /** Arguments of one call as raw text, which need not be JSON. */
  rawCall?: { name: string; args: string };
  /** What comes with the last chunk, as providers send it: usage, why it stopped. */
  closing?: Pick<AIMessageChunkFields, "usage_metadata" | "response_metadata" | "additional_kwargs">;
  /** Thrown after half of `text` was streamed. */
  error?: Error;
}

/** Decides a reply from the messages and the names of the tools that are bound. */
export type Script = (messages: BaseMessage[], tools: string[]) => ScriptedReply | Promise<ScriptedReply>;

interface ScriptedFields extends BaseChatModelParams {
  script: Script;
  tools?: string[];
  /** Awaited before each chunk, by its number: to hold a stream where a test wants it. */
  pause?: (chunk: number) => Promise<void> | undefined;
}

/** A chat model that says what a script says, word by word, as providers do. For tests. */
export class ScriptedModel extends BaseChatModel {
  readonly #script: Script;
  readonly #tools: string[];
  readonly #pause: ScriptedFields["pause"];

  constructor({ script, tools = [], pause, ...fields }: ScriptedFields) {
    super(fields);
    this.#pause = pause;
    this.#script = script;
    this.#tools = tools;
  }

  override _llmType(): string {
    return "scripted";
  }

  override bindTools(tools: unknown[], kwargs?: Partial<RunnableConfig>) {
    const names = tools.map((tool) => {
      const { name, function: fn } = tool as { name?: string; function?: { name: string } };
      return fn?.name ?? name ?? "";
    });
    const bound = new ScriptedModel({
      script: this.#script,
      tools: names,
      ...(this.#pause ? { pause: this.#pause } : {}),
    });
    return kwargs ? bound.withConfig(kwargs) : bound;
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this["ParsedCallOptions"],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const id = `scripted-${randomUUID()}`;
    const reply = await this.#script(messages, this.#tools);
    const { thoughts = "", text = "", calls = [], rawCall, closing, error } = reply;
    const chunks = [
      ...wordsOf(thoughts).map((reasoning) => [{ type: "reasoning" as const, reasoning, index: 0 }]),
      ...wordsOf(text),
    ].map((content) => new AIMessageChunk({ id, content }));
    const raw = [
      ...calls.map(({ name, args }) => ({ name, args: JSON.stringify(args) })),
      ...(rawCall ? [rawCall] : []),
    ];
    for (const [index, { name, args }] of raw.entries()) {
      const callId = `call-${randomUUID()}`;
      const pieces = args.match(/[\s\S]{1,12}/g) ?? [""];
      for (const [position, piece] of pieces.entries()) {
        const head = position === 0 ? { id: callId, name } : {};
        const chunk = { type: "tool_call_chunk" as const, index, args: piece, ...head };
        chunks.push(new AIMessageChunk({ id, content: "", tool_call_chunks: [chunk] }));
      }
    }
    if (closing) chunks.push(new AIMessageChunk({ id, content: "", ...closing }));
    const sent = error ? chunks.slice(0, Math.ceil(chunks.length / 2)) : chunks;
    for (const [number, message] of sent.entries()) {
      await this.#pause?.(number);
      options.signal?.throwIfAborted();
      const chunk = new ChatGenerationChunk({ text: message.text, message });
      yield chunk;
      await runManager?.handleLLMNewToken(chunk.text, undefined, undefined, undefined, undefined, { chunk });
    }
    if (error) throw error;
    if (chunks.length === 0)
      yield new ChatGenerationChunk({ text: "", message: new AIMessageChunk({ id, content: "" }) });
  }

  override async _generate(messages: BaseMessage[], options: this["ParsedCallOptions"]): Promise<ChatResult> {
    let whole: ChatGenerationChunk | undefined;
    for await (const chunk of this._streamResponseChunks(messages, options))
      whole = whole ? whole.concat(chunk) : chunk;
    const message = (whole?.message ?? new AIMessage("")) as AIMessage;
    return { generations: [{ text: message.text, message }] };
  }
}

function wordsOf(text: string): string[] {
  return text.match(/\S+\s*|\s+/g) ?? [];
}
