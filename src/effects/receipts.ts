import type { NodeConfig } from "./effect.ts";

/** That an answer was accepted, by whom, when, and to exactly what. */
export interface Receipt {
  interruptId: string;
  /** The graph task that asked. */
  taskId: string;
  /** SHA-256 (hex) of the canonical JSON of the interrupt's value. */
  digest: string;
  /** The interrupt's value: what the person was asked. */
  question: unknown;
  answer: unknown;
  actor: { id: string; verified: boolean };
  /** ISO 8601. */
  at: string;
}

/**
 * Every answer the server has recorded on this thread, oldest first; undefined where there is no server
 * of ours to keep receipts (plain LangGraph).
 */
export async function receipts(config: NodeConfig): Promise<Receipt[] | undefined> {
  const context = config.configurable?.countersign as { receipts?: () => Promise<Receipt[]> } | undefined;
  return context?.receipts?.();
}
