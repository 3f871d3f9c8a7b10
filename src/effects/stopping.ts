import type { NodeConfig } from "./effect.ts";

/**
 * True when somebody asked that the run stops after what it does now (`cancel?after=step`). The server stops between
 * two steps of the graph; a node that does one thing after the other asks before it begins the next, and returns what
 * it has. Always false outside our server.
 */
export async function isToStop(config: NodeConfig): Promise<boolean> {
  const context = config.configurable?.countersign as { isToStop?: () => Promise<boolean> } | undefined;
  return (await context?.isToStop?.()) ?? false;
}
