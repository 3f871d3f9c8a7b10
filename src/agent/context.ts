import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import type { StructuredToolInterface } from "@langchain/core/tools";
import type { BaseCheckpointSaver, LangGraphRunnableConfig } from "@langchain/langgraph";
import type { ToolSpec } from "../tools/index.ts";
import type { PlanAgentEvent } from "./events.ts";
import type { PlanAgentNodes } from "./nodes.ts";
import type { ToolPolicy } from "./policy.ts";
import type { PlanAgentPrompts } from "./prompts.ts";
import type { Waves } from "./wave.ts";

export interface PlanAgentOptions {
  /** Any LangChain chat model. One without tool calling is asked for JSON instead (docs/model-contract.md). */
  model: BaseChatModel;
  /** The tools a plan may use. Risk is read from their MCP annotations in `tool.metadata.annotations`. */
  tools: readonly StructuredToolInterface[];
  /** Steps that run at once, at most. Default 4. */
  maxParallelSteps?: number;
  /**
   * Tokens of the conversation that a model is sent, estimated; the oldest requests are left out beyond it, never
   * the newest. Default 64,000; `Infinity` leaves out nothing. Results get a quarter of it (docs/plan-agent.md).
   */
  maxHistoryTokens?: number;
  /** Where the graph keeps its state when it runs outside a server of ours, which brings its own. */
  checkpointer?: BaseCheckpointSaver;
  /** When calls are asked about, how long they may take, how often they are tried. */
  policy?: readonly ToolPolicy[];
  /** Milliseconds a call may take, where its policy says nothing. Default: no limit. */
  stepTimeoutMs?: number;
  /**
   * What happens when a step fails. `ask` (default): the run stops and asks how to go on. `skip`: it stays
   * failed, what waits for it is skipped, and the rest runs.
   */
  onFailure?: "ask" | "skip";
  /** Words of your own to the model, for each that is here; `defaultPrompts` are ours. */
  prompts?: Partial<PlanAgentPrompts>;
  /**
   * Nodes of your own in place of ours, which are handed in, so that they can be wrapped. The edges stay. What
   * `execute_plan` and `run_step` guarantee is up to whoever replaces them.
   */
  nodes?: (nodes: PlanAgentNodes) => Partial<PlanAgentNodes>;
}

/** What every node of the agent works with. */
export interface AgentContext {
  model: BaseChatModel;
  tools: ReadonlyMap<string, StructuredToolInterface>;
  specs: readonly ToolSpec[];
  maxParallelSteps: number;
  maxHistoryTokens: number;
  policy: readonly ToolPolicy[];
  stepTimeoutMs: number;
  onFailure: "ask" | "skip";
  prompts: PlanAgentPrompts;
  waves: Waves;
}

export type NodeConfig = LangGraphRunnableConfig;

/** Tells whoever streams `custom` events, as the web app does. */
export function tell<Name extends PlanAgentEvent["name"]>(
  config: NodeConfig,
  name: Name,
  fold: string,
  payload: Extract<PlanAgentEvent, { name: Name }>["payload"],
): void {
  config.writer?.({ name, fold, payload });
}
