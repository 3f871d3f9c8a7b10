import { randomUUID } from "node:crypto";
import { setImmediate as turn, setTimeout as wait } from "node:timers/promises";
import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import type { BaseLanguageModelInput } from "@langchain/core/language_models/base";
import {
  BaseChatModel,
  type BaseChatModelCallOptions,
  type BindToolsInput,
} from "@langchain/core/language_models/chat_models";
import { AIMessage, AIMessageChunk, type BaseMessage, type UsageMetadata } from "@langchain/core/messages";
import { ChatGenerationChunk, type ChatResult } from "@langchain/core/outputs";
import type { Runnable } from "@langchain/core/runnables";
import { convertToOpenAITool } from "@langchain/core/utils/function_calling";
import { type Reply, replyTo } from "./offline-reply.ts";

export interface OfflineModelOptions {
  /** Milliseconds before each token; 12 by default, 0 for none. */
  delayMs?: number;
}

interface OfflineCallOptions extends BaseChatModelCallOptions {
  /** In OpenAI's shape; {@link OfflineModel.bindTools} brings them into it. */
  tools?: unknown[];
  /** Which prompt of a batch this is; LangChain sets it. */
  promptIndex?: number;
}

/** A long answer is streamed in at most so many pieces, so that it does not take minutes. */
const mostPieces = 240;

/**
 * A chat model that needs no network: fixed rules that answer questions about the files of a workspace, plan
 * changes to them, and honour feedback, as docs/model-contract.md has it. The same messages and tools give the
 * same answer, except for ids.
 */
export function createOfflineModel({ delayMs = 12 }: OfflineModelOptions = {}): BaseChatModel {
  return new OfflineModel(delayMs);
}

class OfflineModel extends BaseChatModel<OfflineCallOptions> {
  readonly #delayMs: number;

  constructor(delayMs: number) {
    super({});
    this.#delayMs = delayMs;
  }

  static override lc_name(): string {
    return "OfflineRehearsalModel";
  }

  override _llmType(): string {
    return "offline-rehearsal";
  }

  override bindTools(
    tools: BindToolsInput[],
    kwargs?: Partial<OfflineCallOptions>,
  ): Runnable<BaseLanguageModelInput, AIMessageChunk, OfflineCallOptions> {
    return this.withConfig({ ...kwargs, tools: tools.map((tool) => convertToOpenAITool(tool)) });
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this["ParsedCallOptions"],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const reply = replyTo(messages, options.tools ?? []);
    for (const message of toChunks(reply, messages)) {
      // Also without a delay the event loop gets its turn, so that an abort arrives.
      if (this.#delayMs > 0) await wait(this.#delayMs, undefined, { signal: options.signal });
      else await turn();
      options.signal?.throwIfAborted();
      const chunk = new ChatGenerationChunk({ message, text: message.text });
      yield chunk;
      const position = { prompt: options.promptIndex ?? 0, completion: 0 };
      await runManager?.handleLLMNewToken(message.text, position, undefined, undefined, undefined, { chunk });
    }
  }

  override async _generate(
    messages: BaseMessage[],
    options: this["ParsedCallOptions"],
    runManager?: CallbackManagerForLLMRun,
  ): Promise<ChatResult> {
    let whole: AIMessageChunk | undefined;
    for await (const { message } of this._streamResponseChunks(messages, options, runManager)) {
      whole = whole === undefined ? (message as AIMessageChunk) : whole.concat(message as AIMessageChunk);
    }
    if (whole === undefined) throw new Error("The offline model said nothing. Send it a message.");
    const { id, content, tool_calls = [], usage_metadata, response_metadata } = whole;
    const message = new AIMessage({
      content,
      tool_calls,
      response_metadata,
      ...(id === undefined ? {} : { id }),
      ...(usage_metadata === undefined ? {} : { usage_metadata }),
    });
    return { generations: [{ text: message.text, message }] };
  }
}

/** Words or pieces of arguments, then one empty chunk with usage and the reason for the end. */
function* toChunks(reply: Reply, messages: readonly BaseMessage[]): Generator<AIMessageChunk> {
  const id = `offline-${randomUUID()}`;
  let written = 0;
  if ("text" in reply) {
    for (const content of inPieces(reply.text.match(/\s*\S+\s*/g) ?? [])) {
      written += content.length;
      yield new AIMessageChunk({ id, content });
    }
  } else {
    for (const [index, { name, args }] of reply.calls.entries()) {
      const json = JSON.stringify(args);
      written += json.length;
      yield toCallChunk(id, { index, id: `call_${randomUUID()}`, name, args: "" });
      // By code points: half of a surrogate pair would not survive the way to a client.
      for (const piece of inPieces(json.match(/[\s\S]{1,16}/gu) ?? []))
        yield toCallChunk(id, { index, args: piece });
    }
  }
  const read = messages.reduce((sum, message) => sum + message.text.length, 0);
  const [input_tokens, output_tokens] = [toTokens(read), toTokens(written)];
  const usage: UsageMetadata = { input_tokens, output_tokens, total_tokens: input_tokens + output_tokens };
  yield new AIMessageChunk({
    id,
    content: "",
    // The type of this field comes out as `undefined` here (core 1.4.0 with TypeScript 7).
    usage_metadata: usage as never,
    response_metadata: {
      model_name: "offline-rehearsal",
      finish_reason: "text" in reply ? "stop" : "tool_calls",
    },
  });
}

function toCallChunk(
  id: string,
  call: { index: number; id?: string; name?: string; args: string },
): AIMessageChunk {
  return new AIMessageChunk({ id, content: "", tool_call_chunks: [{ ...call, type: "tool_call_chunk" }] });
}

function inPieces(tokens: readonly string[]): string[] {
  const size = Math.ceil(tokens.length / mostPieces);
  if (size <= 1) return [...tokens];
  return Array.from({ length: Math.ceil(tokens.length / size) }, (_, at) =>
    tokens.slice(at * size, (at + 1) * size).join(""),
  );
}

/** About four characters each, as in English. */
function toTokens(characters: number): number {
  return Math.max(1, Math.ceil(characters / 4));
}
