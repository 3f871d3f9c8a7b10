import type { Core } from "../core/core.ts";
import type { EventRecord, RunRecord, ThreadRecord } from "../core/ports.ts";
import type { EventMethod } from "../protocol/events.ts";
import { isRecord } from "../protocol/json.ts";
import { createMessageParts, type MessagePart } from "./classic-messages.ts";
import { type ClassicPosition, toFrameId } from "./classic-position.ts";

export const classicModes = [
  "values",
  "updates",
  "messages",
  "messages-tuple",
  "custom",
  "events",
  "debug",
  "tasks",
  "checkpoints",
  "tools",
  "lifecycle",
] as const;
export type ClassicMode = (typeof classicModes)[number];

export interface ClassicFrame {
  event: string;
  /** JSON text. */
  data: string;
}

export interface FrameOptions {
  thread: ThreadRecord;
  run: RunRecord;
  modes: ReadonlySet<ClassicMode>;
  /** With the events of subgraphs, under `mode|namespace`. */
  subgraphs: boolean;
}

/**
 * Turns the events of one run into the frames of the classic protocol (reference/protocol.md 2.2): another
 * view of the same log, so that both protocols tell the same story (invariant 9).
 */
export class ClassicFrames {
  readonly #core: Core;
  readonly #options: FrameOptions;
  readonly #parts = createMessageParts();
  /** The step of the root's last checkpoint. */
  #step = -1;

  constructor(core: Core, options: FrameOptions) {
    this.#core = core;
    this.#options = options;
  }

  /** The frames of one event, in order. */
  async of(event: EventRecord): Promise<ClassicFrame[]> {
    const { method, namespace } = event;
    // Messages and tools are told at their task, one below the graph they belong to.
    const depth = method === "messages" || method === "tools" ? namespace.length - 1 : namespace.length;
    if (method !== "input.requested" && depth > 0 && !this.#options.subgraphs) return [];
    if (!this.shows(method)) return [];
    const text = await this.#core.states.render(this.#options.thread.threadId, event);
    if (method === "values") return [named("values", namespace, text)];
    if (method === "input.requested") return this.#ofQuestion(namespace, JSON.parse(text));
    if (method === "checkpoints") return this.#ofCheckpoint(namespace, text);
    if (method === "tasks") return this.#ofTask(namespace, text);
    if (method === "updates") {
      const update = `{${JSON.stringify(event.node)}:${text}}`;
      return this.#wants("updates") ? [named("updates", namespace, update)] : [];
    }
    const data = JSON.parse(text) as Record<string, unknown>;
    if (method === "messages") return this.#ofMessage(event, data);
    if (method === "lifecycle") return this.#ofLifecycle(namespace, data);
    if (method === "tools" && this.#wants("tools"))
      return [named("tools", namespace.slice(0, -1), toToolEvent(data))];
    if (method === "custom" && this.#wants("custom"))
      return [named("custom", namespace, JSON.stringify("name" in data ? data : (data.payload ?? null)))];
    return [];
  }

  /** False for states and tasks that were not asked for: they need not be rendered. */
  shows(method: EventMethod): boolean {
    if (method === "values") return this.#wants("values");
    return method !== "tasks" || (["tasks", "debug", "events"] as const).some((mode) => this.#wants(mode));
  }

  /** Takes note of an event that the client has had already. */
  passOver({ method, namespace, data, seq }: EventRecord): void {
    if (method === "messages") this.#parts.of(namespace, JSON.parse(data) as Record<string, unknown>, seq);
  }

  /** The client has had this much of what was being said where it stands. */
  resume({ sent }: ClassicPosition): void {
    this.#parts.resume(sent);
  }

  /** The `id` of the last frame of an event: what a client comes back with. */
  idOf({ seq }: EventRecord): string {
    const isSaid = this.#wants("messages") || this.#wants("messages-tuple") || this.#wants("events");
    return toFrameId({ seq, sent: isSaid ? this.#parts.sent() : new Map() });
  }

  /** State that comes from no event has not been redacted yet. */
  #hide<T>(value: T): T {
    const { redact } = this.#core;
    return redact ? (JSON.parse(redact(JSON.stringify(value))) as T) : value;
  }

  #wants(mode: ClassicMode): boolean {
    return this.#options.modes.has(mode);
  }

  #now(): string {
    return new Date(this.#core.now()).toISOString();
  }

  /** What clients read of where something comes from. */
  #metadataOf(namespace: readonly string[]): Record<string, unknown> {
    const { run } = this.#options;
    const ns = namespace.join("|");
    return {
      ...run.metadata,
      run_id: run.runId,
      thread_id: run.threadId,
      graph_id: run.graphId,
      assistant_id: run.assistantId,
      langgraph_node: namespace.at(-1)?.split(":")[0] ?? "",
      langgraph_step: this.#step + 1,
      langgraph_checkpoint_ns: ns,
      checkpoint_ns: ns,
    };
  }

  #ofMessage({ namespace, seq }: EventRecord, data: Record<string, unknown>): ClassicFrame[] {
    const part = this.#parts.of(namespace, data, seq);
    if (part === undefined) return [];
    const graph = namespace.slice(0, -1);
    const metadata = this.#metadataOf(namespace);
    const frames = this.#wants("messages") ? [ofOlderMessages(part, graph, metadata)] : [];
    if (part.isFirst) return frames;
    if (this.#wants("messages-tuple")) frames.push(named("messages", graph, [part.chunk, metadata]));
    if (this.#wants("events")) {
      const chunk = { event: "on_chat_model_stream", name: "model", data: { chunk: part.chunk } };
      frames.push(named("events", graph, { ...chunk, run_id: this.#options.run.runId, tags: [], metadata }));
    }
    return frames;
  }

  #ofTask(namespace: string[], text: string): ClassicFrame[] {
    const frames = this.#wants("tasks") ? [named("tasks", namespace, text)] : [];
    if (!this.#wants("debug") && !this.#wants("events")) return frames;
    const task = JSON.parse(text) as Record<string, unknown>;
    const isResult = "result" in task;
    if (this.#wants("debug")) {
      const type = isResult ? "task_result" : "task";
      const debug = { type, step: this.#step + 1, timestamp: this.#now(), payload: task };
      frames.push(named("debug", namespace, debug));
    }
    if (this.#wants("events")) {
      const event = isResult ? "on_chain_end" : "on_chain_start";
      const data = isResult ? { output: task.result } : { input: task.input };
      const metadata = this.#metadataOf([...namespace, `${task.name}:${task.id}`]);
      const { id, name } = task;
      frames.push(named("events", namespace, { event, run_id: id, name, tags: [], metadata, data }));
    }
    return frames;
  }

  async #ofCheckpoint(namespace: string[], text: string): Promise<ClassicFrame[]> {
    const { id, step } = JSON.parse(text) as { id: string; step: number };
    if (namespace.length === 0) this.#step = step;
    if (!this.#wants("checkpoints") && !this.#wants("debug")) return [];
    const at = { checkpointNs: namespace.join("|"), checkpointId: id };
    const state = await this.#core.states.get(this.#options.thread, at);
    const config = { configurable: state.checkpoint };
    const parent = state.parent_checkpoint ? { configurable: state.parent_checkpoint } : null;
    const payload = this.#hide({ ...state, config, parent_config: parent });
    const debug = { type: "checkpoint", step, timestamp: this.#now(), payload };
    return [
      ...(this.#wants("checkpoints") ? [named("checkpoints", namespace, payload)] : []),
      ...(this.#wants("debug") ? [named("debug", namespace, debug)] : []),
    ];
  }

  /** A question is told in `updates` and `values`, at its own graph and at the root. */
  #ofQuestion(namespace: string[], data: Record<string, unknown>): ClassicFrame[] {
    const { interrupt_id: id, value, response_schema } = data;
    const interrupt = { id, value, ...(response_schema === undefined ? {} : { response_schema }) };
    const places = namespace.length > 0 && this.#options.subgraphs ? [namespace, []] : [[]];
    return places.flatMap((place) =>
      (["updates", "values"] as const)
        .filter((mode) => this.#wants(mode))
        .map((mode) => named(mode, place, { __interrupt__: [interrupt] })),
    );
  }

  async #ofLifecycle(namespace: string[], data: Record<string, unknown>): Promise<ClassicFrame[]> {
    if (namespace.length > 0) return this.#wants("lifecycle") ? [named("lifecycle", namespace, data)] : [];
    const { threadId, runId } = this.#options.run;
    if (data.event === "running") {
      const { attempt = 1 } = data;
      return [named("metadata", [], { run_id: runId, thread_id: threadId, attempt })];
    }
    if (data.event === "failed") {
      const run = await this.#core.store.runs.find(threadId, runId);
      return [named("error", [], { error: run?.error?.name ?? "Error", message: data.error })];
    }
    if (data.reason !== "breakpoint") return [];
    return (["updates", "values"] as const)
      .filter((mode) => this.#wants(mode))
      .map((mode) => named(mode, [], { __interrupt__: [] }));
  }
}

/** `data` is JSON text, or a value to be one. */
function named(mode: string, namespace: readonly string[], data: unknown): ClassicFrame {
  const text = typeof data === "string" ? data : JSON.stringify(data);
  return { event: [mode, ...namespace].join("|"), data: text };
}

function ofOlderMessages(part: MessagePart, graph: string[], metadata: object): ClassicFrame {
  const { whole, isFirst, isLast } = part;
  if (isFirst) return named("messages/metadata", graph, { [whole.id]: { metadata } });
  return named(isLast ? "messages/complete" : "messages/partial", graph, [whole]);
}

const toolEvents: Record<string, string> = {
  "tool-started": "on_tool_start",
  "tool-output-delta": "on_tool_event",
  "tool-finished": "on_tool_end",
  "tool-error": "on_tool_error",
};

function toToolEvent(data: Record<string, unknown>): Record<string, unknown> {
  const { event, tool_call_id, tool_name, input, delta, output, message } = data;
  return {
    event: toolEvents[String(event)] ?? event,
    toolCallId: tool_call_id,
    ...(tool_name === undefined ? {} : { name: tool_name }),
    ...(input === undefined ? {} : { input }),
    ...(delta === undefined ? {} : { data: delta }),
    ...(output === undefined ? {} : { output: isRecord(output) ? output : { content: output } }),
    ...(message === undefined ? {} : { error: message }),
  };
}
