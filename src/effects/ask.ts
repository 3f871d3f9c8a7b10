import { getConfig, interrupt } from "@langchain/langgraph";
import type { NodeConfig } from "./effect.ts";

type InterruptOptions = NonNullable<Parameters<typeof interrupt>[1]>;

export interface AskOptions {
  /** JSON Schema, or a Zod schema: answers that do not fit are refused, and the question stays open. */
  responseSchema?: NonNullable<InterruptOptions["responseSchema"]>;
  /** Ids or roles of those who may answer. Default: everybody who may write to the thread. */
  assignees?: string[];
  expiresAt?: Date;
  /** What happens then. Default `hold`: it stays open. */
  onExpiry?: { type: "hold" } | { type: "answer"; value: unknown } | { type: "cancel" };
}

/** Where the server looks up who may answer what, and until when. */
export interface AskRegistry {
  register(taskId: string, value: unknown, options: AskOptions): void;
}

/**
 * Asks a person, as LangGraph's `interrupt(value)` does, and says who may answer, until when, and what
 * happens then. Outside our server it is `interrupt()`, and the rest is not kept.
 *
 * @returns The answer.
 */
export function ask<Question = unknown, Answer = unknown>(value: Question, options: AskOptions = {}): Answer {
  const config = getConfig() as NodeConfig | undefined;
  const context = config?.configurable?.countersign as { asks?: AskRegistry } | undefined;
  const namespace = String(config?.metadata?.langgraph_checkpoint_ns ?? "");
  context?.asks?.register(namespace.slice(namespace.lastIndexOf(":") + 1), value, options);
  const { responseSchema } = options;
  return interrupt<Question, Answer>(value, responseSchema === undefined ? {} : { responseSchema });
}
