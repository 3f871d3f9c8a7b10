import { receipts } from "../effects/index.ts";
import type { NodeConfig } from "./context.ts";

/** Who answered the question of this very task, and when, by the server's receipt; `{}` where none is kept. */
export async function signature(
  config: NodeConfig,
): Promise<{ by?: { id: string; verified: boolean }; at?: string }> {
  const taskId = String(config.metadata?.langgraph_checkpoint_ns ?? "")
    .split(":")
    .at(-1);
  const receipt = (await receipts(config))?.findLast((one) => one.taskId === taskId);
  return receipt ? { by: receipt.actor, at: receipt.at } : {};
}
