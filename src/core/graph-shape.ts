import {
  getConfigTypeSchema,
  getInputTypeSchema,
  getOutputTypeSchema,
  getStateTypeSchema,
} from "@langchain/langgraph/zod/schema";
import { isRecord, type Json } from "../protocol/json.ts";

/** What a graph says of itself, without running: for clients that draw it or make forms for it. */
export interface GraphShape {
  /**
   * Nodes and edges, as LangGraph's drawable graph has them in JSON.
   *
   * @param xray - With the insides of subgraphs, or with those so many levels deep.
   */
  draw(xray: boolean | number): Promise<Json>;
  schemas(): GraphSchemas;
  /** Schemas of subgraphs by namespace (`parent|child`): of all, or of the one named. */
  subgraphs(namespace: string | undefined, recurse: boolean): Promise<Record<string, GraphSchemas>>;
}

/** JSON Schemas; null where the graph's state is not made of schemas (`Annotation`). */
export interface GraphSchemas {
  input: Json;
  output: Json;
  state: Json;
  /** Of LangGraph's runtime context. */
  context: Json;
}

interface Drawable {
  getGraphAsync?(options: { xray: boolean | number }): Promise<{ toJSON(): unknown }>;
  getSubgraphsAsync?(namespace?: string, recurse?: boolean): AsyncIterable<[string, unknown]>;
}

export function shapeOf(graph: unknown): GraphShape {
  const { getGraphAsync: draw, getSubgraphsAsync: listSubgraphs } = graph as Drawable;
  return {
    async draw(xray) {
      const drawn = await draw?.call(graph, { xray });
      return toJson(drawn?.toJSON() ?? { nodes: [], edges: [] });
    },
    schemas: () => schemasOf(graph),
    async subgraphs(namespace, recurse) {
      const found: Record<string, GraphSchemas> = {};
      for await (const [name, subgraph] of listSubgraphs?.call(graph, namespace, recurse) ?? []) {
        found[name] = schemasOf(subgraph);
      }
      return found;
    },
  };
}

function schemasOf(graph: unknown): GraphSchemas {
  return {
    input: toSchema(graph, getInputTypeSchema),
    output: toSchema(graph, getOutputTypeSchema),
    state: toSchema(graph, getStateTypeSchema),
    context: toSchema(graph, getConfigTypeSchema),
  };
}

/** A schema that JSON Schema cannot say (of a class, a function) is none. */
function toSchema(graph: unknown, read: (graph: unknown) => unknown): Json {
  try {
    const schema = read(graph);
    return isRecord(schema) ? toJson(schema) : null;
  } catch {
    return null;
  }
}

function toJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
