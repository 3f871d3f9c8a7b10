import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import type { Serialized } from "@langchain/core/load/serializable";
import { BaseMessage, ToolMessage } from "@langchain/core/messages";
import type { LLMResult } from "@langchain/core/outputs";
import { createMessageBlocks, emitWholeMessage, type MessageBlocks } from "./message-blocks.ts";
import { toWireValue } from "./wire.ts";

export interface StreamSink {
  /** An event of the `messages` or `tools` channel, at the namespace of the task it happened in. */
  emit(method: "messages" | "tools", namespace: string[], data: Record<string, unknown>): void;
  /** A promise when the sink is full: the producer waits. */
  room(): Promise<void> | undefined;
  /**
   * Ids of the messages that an earlier attempt at the same task began, by namespace and in order: the
   * messages of this attempt take their places, so that no client shows half a message beside its repeat.
   */
  begunBefore?: Map<string, string[]>;
  /** A tool is about to be called that may do more than read. Resolves when that is recorded. */
  acting?: () => Promise<void>;
}

interface ModelRun {
  namespace: string[];
  id: string | undefined;
  blocks: MessageBlocks | undefined;
}

interface ToolRun {
  namespace: string[];
  toolCallId: string;
}

/**
 * Turns the callbacks of models and tools into events of the `messages` and `tools` channels. It takes the
 * place of the engine's `messages` mode, whose background callbacks lose tokens under load (engine.md 17):
 * `awaitHandlers` is set here, so no setting of the process matters. State keeps string content, whoever
 * started the run (invariant 9).
 */
export class StreamHandler extends BaseCallbackHandler {
  override name = "CountersignStreamHandler";
  override awaitHandlers = true;
  /** Read by chat models: makes `invoke` stream inside. */
  lc_prefer_streaming = true;
  readonly #sink: StreamSink;
  readonly #models = new Map<string, ModelRun>();
  readonly #nodes = new Map<string, string[]>();
  readonly #tools = new Map<string, ToolRun>();
  /** Ids of messages that went out already, or came in as a node's input. */
  readonly #seen = createSeenIds();

  constructor(sink: StreamSink) {
    super();
    this.#sink = sink;
  }

  override handleChatModelStart(
    _model: Serialized,
    _messages: BaseMessage[][],
    runId: string,
    _parentRunId?: string,
    _extra?: Record<string, unknown>,
    tags?: string[],
    metadata?: Record<string, unknown>,
  ): void {
    const namespace = namespaceOf(metadata);
    if (namespace === undefined || tags?.some((tag) => tag === "nostream" || tag === "langsmith:nostream"))
      return;
    this.#models.set(runId, { namespace, id: undefined, blocks: undefined });
  }

  override handleLLMNewToken(
    _token: string,
    _index: unknown,
    runId: string,
    _parentRunId?: string,
    _tags?: string[],
    fields?: { chunk?: unknown },
  ): Promise<void> | undefined {
    const model = this.#models.get(runId);
    const message = (fields?.chunk as { message?: unknown } | undefined)?.message;
    if (model === undefined || !BaseMessage.isInstance(message)) return undefined;
    this.#adopt(message, model, runId).add(message);
    return this.#sink.room();
  }

  override handleLLMEnd(output: LLMResult, runId: string): void {
    const model = this.#models.get(runId);
    if (model === undefined) return;
    this.#models.delete(runId);
    const message = (output.generations[0]?.[0] as { message?: unknown } | undefined)?.message;
    if (!BaseMessage.isInstance(message)) return;
    if (model.blocks) {
      this.#setId(message, model, runId);
      model.blocks.finish(message);
    } else {
      const begun = this.#takeBegun(model.namespace);
      if (begun !== undefined || !message.id) setMessageId(message, begun ?? `run-${runId}`);
      this.#emitWhole(model.namespace, message);
    }
  }

  override handleLLMError(error: Error, runId: string): void {
    const model = this.#models.get(runId);
    this.#models.delete(runId);
    model?.blocks?.fail(error instanceof Error ? error.message : String(error));
  }

  override handleChainStart(
    _chain: Serialized,
    inputs: unknown,
    runId: string,
    _parentRunId?: string,
    tags?: string[],
    metadata?: Record<string, unknown>,
    _runType?: string,
    name?: string,
  ): void {
    const namespace = namespaceOf(metadata);
    if (namespace === undefined || name !== metadata?.langgraph_node || tags?.includes("langsmith:hidden"))
      return;
    this.#nodes.set(runId, namespace);
    this.#seen.addAll(inputs);
  }

  override handleChainEnd(outputs: unknown, runId: string): void {
    const namespace = this.#nodes.get(runId);
    if (namespace === undefined) return;
    this.#nodes.delete(runId);
    for (const [position, message] of messagesIn(outputs).entries()) {
      if (ToolMessage.isInstance(message)) continue;
      if (!message.id) setMessageId(message, `run-${runId}-out-${position}`);
      this.#emitWhole(namespace, message);
    }
  }

  override handleChainError(_error: Error, runId: string): void {
    this.#nodes.delete(runId);
  }

  override handleToolStart(
    _tool: Serialized,
    input: string,
    runId: string,
    _parentRunId?: string,
    tags?: string[],
    metadata?: Record<string, unknown>,
    runName?: string,
    toolCallId?: string,
  ): Promise<void> | undefined {
    const namespace = namespaceOf(metadata);
    if (namespace !== undefined && !tags?.includes("langsmith:hidden")) {
      const tool: ToolRun = { namespace, toolCallId: toolCallId ?? runId };
      this.#tools.set(runId, tool);
      this.#emitTool(tool, { event: "tool-started", tool_name: runName ?? "unknown", input });
    }
    return isReadOnly(metadata) ? undefined : this.#sink.acting?.();
  }

  override handleToolEvent(chunk: unknown, runId: string): void {
    const tool = this.#tools.get(runId);
    if (tool) this.#emitTool(tool, { event: "tool-output-delta", delta: toText(chunk) });
  }

  override handleToolEnd(output: unknown, runId: string): void {
    const tool = this.#tools.get(runId);
    this.#tools.delete(runId);
    if (tool) this.#emitTool(tool, { event: "tool-finished", output: toWireValue(output) });
  }

  override handleToolError(error: unknown, runId: string): void {
    const tool = this.#tools.get(runId);
    this.#tools.delete(runId);
    if (tool === undefined || (error as { name?: string } | undefined)?.name === "GraphInterrupt") return;
    this.#emitTool(tool, {
      event: "tool-error",
      message: error instanceof Error ? error.message : String(error),
    });
  }

  #emitTool({ namespace, toolCallId }: ToolRun, { event, ...data }: Record<string, unknown>): void {
    this.#sink.emit("tools", namespace, { event, tool_call_id: toolCallId, ...data });
  }

  /** The blocks of a model's message, begun with its first chunk; every chunk gets the same id. */
  #adopt(message: BaseMessage, model: ModelRun, runId: string): MessageBlocks {
    const id = this.#setId(message, model, runId);
    model.blocks ??= createMessageBlocks(id, (event) => this.#sink.emit("messages", model.namespace, event));
    return model.blocks;
  }

  #setId(message: BaseMessage, model: ModelRun, runId: string): string {
    const id = model.id ?? this.#takeBegun(model.namespace) ?? message.id ?? `run-${runId}`;
    model.id = id;
    if (message.id !== id) setMessageId(message, id);
    this.#seen.add(id);
    return id;
  }

  #takeBegun(namespace: string[]): string | undefined {
    return this.#sink.begunBefore?.get(namespace.join("|"))?.shift();
  }

  #emitWhole(namespace: string[], message: BaseMessage): void {
    if (message.id === undefined || this.#seen.has(message.id)) return;
    this.#seen.add(message.id);
    emitWholeMessage(message, (event) => this.#sink.emit("messages", namespace, event));
  }
}

/** Lists of ids that are kept as they came: of a long conversation they are many, and hardly one is asked for. */
const keptLists = 16;

function createSeenIds() {
  const ids = new Set<string>();
  let lists: (string | undefined)[][] = [];
  return {
    add: (id: string): void => {
      ids.add(id);
    },
    /** Those of the messages in a node's input. */
    addAll(inputs: unknown): void {
      for (const list of listsIn(inputs)) if (list.some(isMessage)) lists.push(list.map(idOf));
      if (lists.length <= keptLists) return;
      for (const id of lists.flat()) if (id) ids.add(id);
      lists = [];
    },
    has: (id: string): boolean => ids.has(id) || lists.some((list) => list.includes(id)),
  };
}

/** Of a message. Of what else stands beside messages it does not matter: nothing asks for it. */
const idOf = (item: unknown) => (item as { id?: string } | null | undefined)?.id;

function namespaceOf(metadata: Record<string, unknown> | undefined): string[] | undefined {
  const ns = metadata?.langgraph_checkpoint_ns;
  return typeof ns === "string" ? ns.split("|") : undefined;
}

/** By the annotations of MCP, where a tool has them in its metadata. */
function isReadOnly(metadata: Record<string, unknown> | undefined): boolean {
  return (metadata?.annotations as { readOnlyHint?: unknown } | undefined)?.readOnlyHint === true;
}

function setMessageId(message: BaseMessage, id: string): void {
  message.id = id;
  if (message.lc_kwargs) message.lc_kwargs.id = id;
}

/** The messages among a node's input or output: itself, in a list, in a `Command`, or one level down. */
function messagesIn(value: unknown): BaseMessage[] {
  return listsIn(value).flatMap((list) => list.filter(isMessage));
}

/** Lists that messages may be in. */
function listsIn(value: unknown): unknown[][] {
  if (isMessage(value)) return [[value]];
  if (Array.isArray(value)) {
    return value.some(isCommand)
      ? value.flatMap((item) => (isCommand(item) ? listsIn(item) : [[item]]))
      : [value];
  }
  if (isCommand(value)) return listsIn(value.update);
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).map((member) => (Array.isArray(member) ? member : [member]));
}

/** What messages inherit from: LangChain's own look at a message takes ten times as long. */
const prototypes = new Set<unknown>();

function isMessage(item: unknown): item is BaseMessage {
  if (typeof item !== "object" || item === null) return false;
  const prototype: unknown = Object.getPrototypeOf(item);
  if (prototypes.has(prototype)) return true;
  if (!BaseMessage.isInstance(item)) return false;
  if (prototype !== Object.prototype) prototypes.add(prototype);
  return true;
}

function isCommand(value: unknown): value is { update: unknown } {
  return typeof value === "object" && value !== null && "lg_name" in value && value.lg_name === "Command";
}

function toText(chunk: unknown): string {
  return typeof chunk === "string" ? chunk : JSON.stringify(chunk ?? "");
}
