import { Graph, layout } from "@dagrejs/dagre";
import type { GraphDrawing } from "../lib/api.ts";
import { wordsLater as words } from "../words-later.ts";

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
  /** Around the nodes of a subgraph. */
  groups: PlacedNode[];
  edges: PlacedEdge[];
}

const height = 34;

/** What a node is called: within a subgraph (`outer:inner`) by its own name. */
function labelOf(id: string): string {
  const name = id.slice(id.lastIndexOf(":") + 1);
  if (name === "__start__") return words.graph.start;
  return name === "__end__" ? words.graph.end : name;
}

/** The subgraphs that a node is in, the outermost first. */
function groupsOf(id: string): string[] {
  const parts = id.split(":").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join(":"));
}

/** Places the nodes of a graph in layers, from its start downwards. */
export function layoutGraph({ nodes, edges }: GraphDrawing): PlacedGraph {
  const graph = new Graph({ multigraph: true, compound: true });
  graph.setGraph({ rankdir: "TB", nodesep: 18, ranksep: 34, marginx: 16, marginy: 16 });
  graph.setDefaultEdgeLabel(() => ({}));
  const ids = nodes.map(({ id }) => String(id));
  for (const id of ids) {
    const label = labelOf(id);
    graph.setNode(id, { label, width: Math.max(64, label.length * 7.5 + 24), height });
  }
  const groups = new Set(ids.flatMap(groupsOf));
  for (const id of groups) if (!graph.hasNode(id)) graph.setNode(id, { label: labelOf(id) });
  for (const id of [...ids, ...groups]) {
    const outer = groupsOf(id).at(-1);
    if (outer !== undefined) graph.setParent(id, outer);
  }
  for (const [index, { source, target, conditional = false }] of edges.entries()) {
    graph.setEdge(source, target, { conditional }, String(index));
  }
  layout(graph);
  const size = graph.graph();
  const toPlaced = (id: string) => ({ id, ...(graph.node(id) as unknown as Omit<PlacedNode, "id">) });
  return {
    width: size.width ?? 0,
    height: size.height ?? 0,
    nodes: ids.map(toPlaced),
    groups: [...groups].filter((id) => !ids.includes(id)).map(toPlaced),
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
