import { formatDuration } from "countersign/react";
import { wordsLater as words } from "../words-later.ts";
import type { PlacedEdge, PlacedGraph, PlacedNode } from "./layout-graph.ts";
import { outerOf, type Position, type Visit } from "./visits.ts";

interface GraphPictureProps {
  placed: PlacedGraph;
  visits: ReadonlyMap<string, Visit>;
  /** Edges that were gone along, as `from>to`. */
  taken: ReadonlySet<string>;
  position: Position;
  isRunning: boolean;
  scale: number;
  label: string;
}

/** Nodes and edges: what was visited, what is lit now. Each node can be reached by keyboard, and says how it stands. */
export function GraphPicture(props: GraphPictureProps) {
  const { placed, visits, taken, position, isRunning, scale, label } = props;
  const { current, asking } = position;
  const isEnded = current.size === 0 && visits.size > 0;
  const isSeen = (id: string) =>
    visits.has(outerOf(id)) || (id === "__start__" && visits.size > 0) || (id === "__end__" && isEnded);
  const isTaken = ({ source, target }: PlacedEdge) => {
    const [from, to] = [outerOf(source), outerOf(target)];
    return from === to ? isSeen(source) : taken.has(`${from}>${to}`);
  };
  const isHere = (id: string) => current.has(outerOf(id));
  const lookOf = (id: string) => {
    if (asking.has(outerOf(id))) return "asking";
    if (isHere(id)) return "current";
    return isSeen(id) ? "seen" : "new";
  };
  return (
    <svg
      viewBox={`0 0 ${placed.width} ${placed.height}`}
      className="mx-auto block max-w-none"
      width={placed.width * scale}
      height={placed.height * scale}
      aria-label={label}
    >
      <defs>
        {arrows.map(([id, look]) => (
          <marker
            key={id}
            id={id}
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="9"
            markerHeight="9"
            markerUnits="userSpaceOnUse"
            orient="auto"
          >
            <path d="M0,0 L8,4 L0,8 z" className={look} />
          </marker>
        ))}
      </defs>
      {placed.groups.map(({ id, x, y, width, height }) => (
        <rect
          key={id}
          x={x - width / 2}
          y={y - height / 2}
          width={width}
          height={height}
          rx={10}
          className="fill-sunken stroke-line"
        />
      ))}
      {placed.edges.map((edge) => (
        <Edge key={edge.id} edge={edge} isTaken={isTaken(edge)} />
      ))}
      {placed.nodes.map((node) => (
        <Node
          key={node.id}
          node={node}
          visit={visits.get(node.id)}
          look={lookOf(node.id)}
          isLit={isRunning && isHere(node.id)}
        />
      ))}
    </svg>
  );
}

const arrows = [
  ["arrow", "fill-strong"],
  ["arrow-taken", "fill-ok"],
] as const;

const looks = {
  asking: "fill-warn-soft stroke-warn",
  current: "fill-accent-soft stroke-accent",
  seen: "fill-ok-soft stroke-ok",
  new: "fill-panel stroke-strong",
};

interface NodeProps {
  node: PlacedNode;
  visit: Visit | undefined;
  look: keyof typeof looks;
  isLit: boolean;
}

function Node({ node, visit, look, isLit }: NodeProps) {
  const { id, label, x, y, width, height } = node;
  const isEnd = /(?:^|:)__(?:start|end)__$/.test(id);
  const visited = words.graph.visitsOf(label, visit?.count ?? 0, formatDuration(visit?.ms ?? 0));
  const state = visit?.error ? words.graph.looks.failed : words.graph.looks[look];
  return (
    // biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: the focus goes there so that it is read out
    <g
      data-node={id}
      data-look={look}
      role="graphics-symbol"
      aria-label={`${visited}. ${state}`}
      tabIndex={0}
    >
      <title>{`${visited}. ${state}`}</title>
      <rect
        x={x - width / 2}
        y={y - height / 2}
        width={width}
        height={height}
        rx={isEnd ? height / 2 : 7}
        strokeWidth={look === "new" || look === "seen" ? 1 : 2.2}
        className={`${visit?.error ? "fill-bad-soft stroke-bad" : looks[look]} ${isLit ? "animate-pulse" : ""}`}
      />
      <text x={x} y={y + 4} textAnchor="middle" fontSize="12.5" className={isEnd ? "fill-muted" : "fill-ink"}>
        {label}
      </text>
      {visit && visit.count > 1 ? (
        <text
          x={x + width / 2 - 3}
          y={y - height / 2 - 4}
          textAnchor="end"
          fontSize="10.5"
          className="fill-muted"
        >
          {words.graph.times(visit.count)}
        </text>
      ) : null}
    </g>
  );
}

function Edge({ edge, isTaken }: { edge: PlacedEdge; isTaken: boolean }) {
  const [first, ...rest] = edge.points;
  if (first === undefined) return null;
  const path = `M${first.x},${first.y} ${rest.map(({ x, y }) => `L${x},${y}`).join(" ")}`;
  return (
    <path
      d={path}
      fill="none"
      markerEnd={`url(#${isTaken ? "arrow-taken" : "arrow"})`}
      strokeDasharray={edge.isConditional ? "4 3" : undefined}
      strokeWidth={isTaken ? 1.8 : 1}
      className={isTaken ? "stroke-ok" : "stroke-strong"}
    />
  );
}
