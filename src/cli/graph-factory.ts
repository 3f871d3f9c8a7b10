import type { CompiledGraphLike } from "../core/graph.ts";

/** Makes a graph, given the config of a run. */
export type GraphFactory = (config: Record<string, unknown>) => unknown;

/** True for what the engine can run: compiled, or a builder. */
export function isGraph(value: unknown): value is CompiledGraphLike | { compile(): CompiledGraphLike } {
  if (typeof value !== "object" || value === null) return false;
  const { stream, compile } = value as { stream?: unknown; compile?: unknown };
  return typeof stream === "function" || typeof compile === "function";
}

/** @throws Error for a graph that cannot be compiled, and for what is none. */
export function compileGraph(graph: unknown, what: string): CompiledGraphLike {
  if (!isGraph(graph)) {
    throw new Error(
      `${what} is no graph: pass a compiled graph, a StateGraph, or a function that makes one.`,
    );
  }
  return "compile" in graph && typeof graph.compile === "function"
    ? graph.compile()
    : (graph as CompiledGraphLike);
}

/**
 * A graph that is made anew for every run, from the run's own config. What it is otherwise asked (its state, its
 * history, its shape) is answered by the one that was made first, with an empty config.
 */
export async function fromFactory(make: GraphFactory, what: string): Promise<CompiledGraphLike> {
  const first = compileGraph(await make({ configurable: {} }), `What ${what} returned`);
  return Object.create(first, {
    stream: {
      async value(this: object, input: unknown, options: Record<string, unknown> = {}) {
        const graph = compileGraph(await make(toFactoryConfig(options)), `What ${what} returned`);
        // What the server puts on a graph for a run (checkpointer, store) is on `this`, and goes on this graph.
        const { stream: _own, ...given } = Object.getOwnPropertyDescriptors(this) as PropertyDescriptorMap;
        return (Object.create(graph, given) as CompiledGraphLike).stream(input, options);
      },
    },
  }) as CompiledGraphLike;
}

/** Without what is private to the engine and to this server. */
function toFactoryConfig({ configurable, metadata, tags, recursionLimit, signal }: Record<string, unknown>) {
  const open = Object.entries((configurable ?? {}) as object).filter(
    ([key]) => key !== "countersign" && !key.startsWith("__"),
  );
  return { configurable: Object.fromEntries(open), metadata, tags, recursionLimit, signal };
}
