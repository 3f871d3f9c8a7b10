import { CountersignError } from "../protocol/errors.ts";
import { createEngine, type Engine, type GraphLike } from "./graph.ts";
import { toUuid } from "./uuid.ts";

/** The registered graphs. */
export interface Graphs {
  readonly engines: ReadonlyMap<string, Engine>;
  /** By graph id or by the id of its system assistant. @throws `no_such_graph` */
  get(assistantOrGraphId: string): Engine;
  find(assistantOrGraphId: string): Engine | undefined;
  /** The uuid of a graph's system assistant. */
  assistantId(engine: Engine): string;
}

export function createGraphs(graphs: Record<string, GraphLike>): Graphs {
  const engines = new Map(Object.entries(graphs).map(([id, graph]) => [id, createEngine(id, graph)]));
  const byAssistant = new Map([...engines.values()].map((engine) => [toAssistantId(engine.graphId), engine]));
  const find = (id: string) => engines.get(id) ?? byAssistant.get(id);
  return {
    engines,
    find,
    get(id) {
      const engine = find(id);
      if (engine) return engine;
      const known = [...engines.keys()].join(", ") || "none";
      throw new CountersignError(
        "no_such_graph",
        `There is no graph or assistant ${id}. Registered here: ${known}.`,
      );
    },
    assistantId: (engine) => toAssistantId(engine.graphId),
  };
}

/** The namespace the LangGraph servers derive system assistants from (RFC 4122 `ns:OID`'s neighbour, `ns:URL`). */
const assistantNamespace = "6ba7b821-9dad-11d1-80b4-00c04fd430c8";

function toAssistantId(graphId: string): string {
  return toUuid(assistantNamespace, graphId);
}
