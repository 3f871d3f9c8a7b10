import { Graph, layout } from "@dagrejs/dagre";
import type { GraphDrawing } from "../lib/api.ts";

export interface PlacedNode {
  id: string;
  label: string;
  /** Of its middle. */
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface PlacedEdge {
  id: string;
  source: string;
  target: string;
  isConditional: boolean;
  points: { x: number; y: number }[];
}

export interface PlacedGraph {
  width: number;
  height: number;
  nodes: PlacedNode[];
  edges: PlacedEdge[];
}

const height = 34;
const ends: Record<string, string> = { __start__: "start", __end__: "end" };

/** Places the nodes of a graph in layers, from its start downwards. */
export function layoutGraph({ nodes, edges }: GraphDrawing): PlacedGraph {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 18, ranksep: 34, marginx: 16, marginy: 16 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id } of nodes) {
    const label = ends[String(id)] ?? String(id);
    graph.setNode(String(id), { label, width: Math.max(64, label.length * 7.5 + 24), height });
  }
  for (const [index, { source, target, conditional = false }] of edges.entries()) {
    graph.setEdge(source, target, { conditional }, String(index));
  }
  layout(graph);
  const size = graph.graph();
  return {
    width: size.width ?? 0,
    height: size.height ?? 0,
    nodes: graph.nodes().map((id) => ({ id, ...(graph.node(id) as unknown as Omit<PlacedNode, "id">) })),
    edges: graph.edges().map((edge) => {
      const { points, conditional } = graph.edge(edge) as unknown as {
        points: PlacedEdge["points"];
        conditional: boolean;
      };
      return {
        id: `${edge.v}>${edge.w}>${edge.name}`,
        source: edge.v,
        target: edge.w,
        isConditional: conditional,
        points,
      };
    }),
  };
}
