import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { formatDuration } from "../conversation/steps.ts";
import { describeError, type GraphDrawing, getGraph } from "../lib/api.ts";
import { layoutGraph, type PlacedEdge, type PlacedNode } from "./layout-graph.ts";
import type { HistoryState } from "./use-history.ts";
import { toPosition, toVisits, type Visit } from "./visits.ts";

interface GraphViewProps {
  graphId: string;
  states: readonly HistoryState[];
  isRunning: boolean;
}

/** The graph as it is, with the way that this thread has taken through it and where it stands. */
export function GraphView({ graphId, states, isRunning }: GraphViewProps) {
  const [drawing, setDrawing] = useState<GraphDrawing | null>(null);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    getGraph(graphId).then(setDrawing, (problem: unknown) => setError(describeError(problem)));
  }, [graphId]);
  const placed = useMemo(() => (drawing === null ? null : layoutGraph(drawing)), [drawing]);
  const visits = useMemo(() => toVisits(states), [states]);
  const { current, asking } = useMemo(() => toPosition(states[0]), [states]);
  const frame = useRef<HTMLElement>(null);
  const here = [...current][0];
  // biome-ignore lint/correctness/useExhaustiveDependencies: the picture is there once it is placed
  useLayoutEffect(() => {
    const node = here && frame.current?.querySelector(`[data-node="${CSS.escape(here)}"]`);
    if (node) node.scrollIntoView({ block: "nearest", inline: "center" });
  }, [here, placed]);
  if (error) return <p className="p-4 text-bad text-sm">{error}</p>;
  if (placed === null) return <p className="p-4 text-muted text-sm">Drawing…</p>;
  const isSeen = (id: string) => visits.has(id) || (id === "__start__" && visits.size > 0);
  const where =
    asking.size > 0
      ? `It waits for an answer in ${[...asking].join(", ")}.`
      : current.size === 0
        ? "Nothing is left to do."
        : `${isRunning ? "It is in" : "It stopped before"} ${[...current].join(", ")}.`;
  return (
    <div className="p-3">
      <p className="mb-2 text-sm" role="status">
        {where}
      </p>
      <section
        ref={frame}
        aria-label="The graph, drawn"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        className="overflow-x-auto"
      >
        <svg
          viewBox={`0 0 ${placed.width} ${placed.height}`}
          className="mx-auto block max-w-none"
          width={placed.width}
          height={placed.height}
          role="img"
          aria-label={`The graph. ${where}`}
        >
          <defs>
            <marker
              id="arrow"
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="7"
              markerHeight="7"
              orient="auto"
            >
              <path d="M0,0 L8,4 L0,8 z" className="fill-strong" />
            </marker>
          </defs>
          {placed.edges.map((edge) => (
            <Edge
              key={edge.id}
              edge={edge}
              isTaken={isSeen(edge.source) && (isSeen(edge.target) || current.has(edge.target))}
            />
          ))}
          {placed.nodes.map((node) => (
            <Node
              key={node.id}
              node={node}
              visit={visits.get(node.id)}
              look={
                asking.has(node.id)
                  ? "asking"
                  : current.has(node.id)
                    ? "current"
                    : isSeen(node.id)
                      ? "seen"
                      : "new"
              }
            />
          ))}
        </svg>
      </section>
      <Timings visits={visits} />
    </div>
  );
}

const looks = {
  asking: "fill-warn-soft stroke-warn",
  current: "fill-accent-soft stroke-accent",
  seen: "fill-ok-soft stroke-ok",
  new: "fill-panel stroke-strong",
};

function Node({
  node,
  visit,
  look,
}: {
  node: PlacedNode;
  visit: Visit | undefined;
  look: keyof typeof looks;
}) {
  const { id, label, x, y, width, height } = node;
  const isEnd = id.startsWith("__");
  return (
    <g data-node={id} data-look={look}>
      <rect
        x={x - width / 2}
        y={y - height / 2}
        width={width}
        height={height}
        rx={isEnd ? height / 2 : 7}
        strokeWidth={look === "new" || look === "seen" ? 1 : 2.2}
        className={visit?.error ? "fill-bad-soft stroke-bad" : looks[look]}
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
          ×{visit.count}
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
      markerEnd="url(#arrow)"
      strokeDasharray={edge.isConditional ? "4 3" : undefined}
      strokeWidth={isTaken ? 1.8 : 1}
      className={isTaken ? "stroke-ok" : "stroke-strong"}
    />
  );
}

function Timings({ visits }: { visits: ReadonlyMap<string, Visit> }) {
  const shown = [...visits].filter(([name]) => name !== "__start__");
  if (shown.length === 0) return null;
  return (
    <table className="mt-4 w-full text-sm">
      <thead className="text-left text-muted text-xs">
        <tr>
          <th className="font-normal">Node</th>
          <th className="text-right font-normal">Visits</th>
          <th className="text-right font-normal">Time in it</th>
        </tr>
      </thead>
      <tbody>
        {shown.map(([name, { count, ms, error }]) => (
          <tr key={name} className="border-line border-t">
            <td className={`py-1 ${error ? "text-bad" : ""}`}>{name}</td>
            <td className="text-right tabular-nums">{count}</td>
            <td className="text-right tabular-nums">{formatDuration(ms)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
